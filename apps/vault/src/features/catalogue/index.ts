export { noOtherToken, questionUnfit, tooFewTokens, valueUnfit } from './catalogue.errors.js';
export { Catalogue, domainNameOf, maskedText, type TokenField, typesOf } from './catalogue.js';
export { CatalogueModule, SEARCH_PLAN } from './catalogue.module.js';
export {
  couldBeEncrypted,
  decryptToken,
  drawToken,
  encryptToken,
  type Format,
  type RandomSource,
  type TokenCipher,
} from './formats/index.js';
export { CATALOGUE, type FieldRule, fromText, maskText, toText } from './identity-fields.js';
export {
  type Kind,
  type KindDeclaration,
  type KindName,
  kindDeclaration,
  kindOf,
  suits,
} from './kinds/index.js';
export { parseMask } from './mask.js';
export { answer } from './predicates.js';
export { askedOf, fits, isCoarse, PARTS, partsAsked } from './search-parts.js';
export {
  type CoarseIndex,
  planSearch,
  type SearchPlan,
  SearchPlanRefused,
  type SearchSection,
  searchSection,
} from './search-plan.js';
export { type SearchWay, uncovered, wayOf } from './search-way.js';
