export { valueUnfit } from './catalogue.errors.js';
export { Catalogue, domainNameOf, maskedText, type TokenField, typesOf } from './catalogue.js';
export { CatalogueModule, SEARCH_PLAN } from './catalogue.module.js';
export {
  couldBeEncrypted,
  decryptToken,
  drawToken,
  encryptToken,
  type TokenCipher,
} from './formats/index.js';
export { CATALOGUE, type FieldRule, fromText, maskText, toText } from './identity-fields.js';
export { type KindDeclaration, kindDeclaration, kindOf } from './kinds/index.js';
export { parseMask } from './mask.js';
export { answer, dayAfterYears } from './predicates.js';
export { askedOf, fits, isCoarse, PARTS, partsAsked } from './search-parts.js';
export {
  type CoarseIndex,
  planSearch,
  type SearchPlan,
  type SearchSection,
  searchSection,
} from './search-plan.js';
export { uncovered, wayOf } from './search-way.js';
