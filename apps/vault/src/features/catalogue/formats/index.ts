export { CARD_KEEPS, type CardKeeps, cardFormat } from './card.format.js';
export { drawToken } from './draw.js';
export { couldBeEncrypted, decryptToken, encryptToken, type TokenCipher } from './encrypt.js';
export type { Format } from './format.js';
export { NATIONAL_ID_SCHEMES, NATIONAL_IDS, type NationalIdScheme } from './national-ids/index.js';
export { phoneFormat } from './phone.format.js';
export { POSTCODE_COUNTRIES, type PostcodeCountry, postcodeFormat, spacedAs } from './postcode.format.js';
