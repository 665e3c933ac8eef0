import type { Format } from '../format.js';
import { beRijksregister } from './be-rijksregister.js';
import { deSteuerId } from './de-steuer-id.js';
import { esDni } from './es-dni.js';
import { frNir } from './fr-nir.js';
import { gbNino } from './gb-nino.js';
import { itCodiceFiscale } from './it-codice-fiscale.js';
import { nlBsn } from './nl-bsn.js';
import { plPesel } from './pl-pesel.js';
import { sePersonnummer } from './se-personnummer.js';
import { usSsn } from './us-ssn.js';

/** Each is the validator of its scheme, too: what it cannot take apart is none of its numbers. */
export const NATIONAL_IDS = {
  'us-ssn': usSsn,
  'de-steuer-id': deSteuerId,
  'fr-nir': frNir,
  'gb-nino': gbNino,
  'es-dni': esDni,
  'it-codice-fiscale': itCodiceFiscale,
  'nl-bsn': nlBsn,
  'se-personnummer': sePersonnummer,
  'be-rijksregister': beRijksregister,
  'pl-pesel': plPesel,
} as const satisfies Readonly<Record<string, Format>>;

export type NationalIdScheme = keyof typeof NATIONAL_IDS;
export const NATIONAL_ID_SCHEMES = Object.keys(NATIONAL_IDS) as [NationalIdScheme, ...NationalIdScheme[]];
