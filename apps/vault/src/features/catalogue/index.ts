export { CATALOGUE, type FieldRule, fromText, maskText, toText } from './identity-fields.js';
