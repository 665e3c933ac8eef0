import { cardFormat } from './card.format.js';
import type { Format } from './format.js';
import { NATIONAL_IDS } from './national-ids/index.js';
import { phoneFormat } from './phone.format.js';
import { postcodeFormat } from './postcode.format.js';

/** Formats, each with values that differ in shape, and whether FF1 may be used on them. Numbers for examples and drama; nobody's. */
export const SAMPLES: readonly (readonly [
  name: string,
  format: Format,
  encrypts: boolean,
  values: string[],
])[] = [
  [
    'phone',
    phoneFormat,
    true,
    [
      '+441632960001',
      '+12025550123',
      '+390612345678',
      '+79261234567',
      '+3725123456',
      '+5491123456789',
      '+77012345678',
      '+36301234567',
    ],
  ],
  [
    'card',
    cardFormat([]),
    true,
    ['4242424242424242', '378282246310005', '6304000000000000', '0000000000000000'],
  ],
  ['card, first six kept', cardFormat(['first6']), true, ['4242424242424242', '378282246310005']],
  ['card, last four kept', cardFormat(['last4']), true, ['4242424242424242', '6759649826438453']],
  ['card, both kept', cardFormat(['first6', 'last4']), false, ['4242424242424242', '378282246310005']],
  ['us-ssn', NATIONAL_IDS['us-ssn'], true, ['219099999']],
  ['de-steuer-id', NATIONAL_IDS['de-steuer-id'], true, ['86095742719', '65929970489']],
  ['fr-nir', NATIONAL_IDS['fr-nir'], true, ['255081416802538']],
  ['gb-nino', NATIONAL_IDS['gb-nino'], true, ['AB123456C']],
  ['es-dni', NATIONAL_IDS['es-dni'], true, ['12345678Z', 'X1234567L']],
  ['it-codice-fiscale', NATIONAL_IDS['it-codice-fiscale'], true, ['RSSMRA85T10A562S', 'RSSMRAUQT10A562A']],
  ['nl-bsn', NATIONAL_IDS['nl-bsn'], true, ['111222333']],
  ['se-personnummer', NATIONAL_IDS['se-personnummer'], true, ['198112189876', '197010632391']],
  ['be-rijksregister', NATIONAL_IDS['be-rijksregister'], true, ['85073003328', '17073003384']],
  ['pl-pesel', NATIONAL_IDS['pl-pesel'], true, ['44051401359', '02070803628']],
  ['postcode of CA', postcodeFormat('CA'), true, ['K1A 0B1']],
  ['postcode of NL', postcodeFormat('NL'), true, ['1012 JS']],
  ['postcode of JP', postcodeFormat('JP'), true, ['100-8111']],
  ['postcode of DE', postcodeFormat('DE'), false, ['10117']],
  ['postcode of GB', postcodeFormat('GB'), false, ['M1 1AE']],
  [
    'postcode of GB, of three or four before',
    postcodeFormat('GB'),
    true,
    ['B33 8TH', 'SW1A 1AA', 'DN55 1PT'],
  ],
  ['postcode of US', postcodeFormat('US'), false, ['20500']],
  ['postcode of US, nine digits', postcodeFormat('US'), true, ['20500-0003']],
];
