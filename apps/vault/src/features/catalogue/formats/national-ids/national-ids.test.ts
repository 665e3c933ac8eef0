import { describe, expect, it } from 'vitest';
import { NATIONAL_IDS, type NationalIdScheme } from './index.js';

const isOne = (scheme: NationalIdScheme, text: string) => NATIONAL_IDS[scheme].slots(text) !== null;

describe('a national id', () => {
  // Published examples of authorities and textbooks, which belong to nobody.
  it.each<[NationalIdScheme, string]>([
    ['us-ssn', '219099999'],
    ['us-ssn', '899999999'],
    ['de-steuer-id', '86095742719'],
    ['de-steuer-id', '47036892816'],
    ['de-steuer-id', '65929970489'],
    ['de-steuer-id', '36574261809'],
    ['de-steuer-id', '12232456785'],
    ['fr-nir', '255081416802538'],
    ['gb-nino', 'AB123456C'],
    ['es-dni', '12345678Z'],
    ['es-dni', 'X1234567L'],
    ['it-codice-fiscale', 'RSSMRA85T10A562S'],
    ['it-codice-fiscale', 'MRTMTT91D08F205J'],
    ['it-codice-fiscale', 'RSSMRA84B29A562Y'],
    ['it-codice-fiscale', 'RSSMRAUQT10A562A'],
    ['nl-bsn', '111222333'],
    ['nl-bsn', '123456782'],
    ['se-personnummer', '198112189876'],
    ['se-personnummer', '196408233234'],
    ['se-personnummer', '197010632391'],
    ['be-rijksregister', '85073003328'],
    ['be-rijksregister', '17073003384'],
    ['pl-pesel', '44051401359'],
    ['pl-pesel', '02070803628'],
  ])('of %s is %s', (scheme, text) => {
    expect(isOne(scheme, text)).toBe(true);
  });

  it.each<[NationalIdScheme, string, string]>([
    ['us-ssn', '000121234', 'an area of zeros'],
    ['us-ssn', '666121234', 'the area 666'],
    ['us-ssn', '900121234', 'a number of a taxpayer without one'],
    ['us-ssn', '219009999', 'a group of zeros'],
    ['us-ssn', '219090000', 'a serial number of zeros'],
    ['de-steuer-id', '36574261890', 'two digits exchanged'],
    ['de-steuer-id', '01234567899', 'a zero in front'],
    ['de-steuer-id', '12345678903', 'no digit twice'],
    ['de-steuer-id', '11223456789', 'two digits twice'],
    ['de-steuer-id', '12223456782', 'a digit three times in a row'],
    ['fr-nir', '255081416802539', 'a wrong key'],
    ['fr-nir', '355081416802528', 'a provisional number'],
    ['gb-nino', 'GB123456C', 'a prefix that is never given'],
    ['gb-nino', 'QQ123456C', 'a letter that is never used'],
    ['gb-nino', 'AO123456C', 'an O in second place'],
    ['gb-nino', 'AB123456E', 'a suffix that there is not'],
    ['es-dni', '12345678A', 'a wrong letter'],
    ['it-codice-fiscale', 'RSSMRA85T10A562T', 'a wrong letter'],
    ['it-codice-fiscale', 'RSSMRA85G10A562S', 'a month that there is not'],
    ['it-codice-fiscale', 'RSSMRA85B30A562G', 'a 30th of February'],
    ['it-codice-fiscale', 'RSSMRA85B29A562Z', 'a 29th of February in a common year'],
    ['nl-bsn', '111222334', 'a wrong last digit'],
    ['nl-bsn', '000000000', 'nothing but zeros'],
    ['se-personnummer', '198112189877', 'a wrong last digit'],
    ['se-personnummer', '8112189876', 'no century'],
    ['be-rijksregister', '85073003329', 'wrong check digits'],
    ['pl-pesel', '44051401358', 'a wrong last digit'],
    ['pl-pesel', '44023101350', 'a 31st of February'],
  ])('of %s is not %s: %s', (scheme, text) => {
    expect(isOne(scheme, text)).toBe(false);
  });

  it('is nothing with one digit changed, wherever a check digit covers it', () => {
    // Not of Belgium: what changed could have been born in the other century.
    for (const [scheme, text] of [
      ['de-steuer-id', '86095742719'],
      ['fr-nir', '255081416802538'],
      ['es-dni', '12345678Z'],
      ['nl-bsn', '123456782'],
      ['se-personnummer', '198112189876'],
      ['pl-pesel', '44051401359'],
    ] as const) {
      for (let at = scheme === 'se-personnummer' ? 2 : 0; at < text.length; at++) {
        for (const digit of '0123456789') {
          const changed = text.slice(0, at) + digit + text.slice(at + 1);
          if (changed !== text) expect(isOne(scheme, changed), `${scheme} ${changed}`).toBe(false);
        }
      }
    }
  });
});
