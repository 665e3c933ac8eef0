export { Catalogue, domainNameOf, maskedText, type TokenField } from './catalogue.js';
export { CatalogueModule } from './catalogue.module.js';
export { CATALOGUE, type FieldRule, fromText, maskText, toText } from './identity-fields.js';
