import { z } from 'zod';

/** ISO 3166-1 alpha-2, as assigned in 2026. Written out: a code that there isn't would silently be nobody's region. */
const COUNTRIES = new Set(
  `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW`.split(/\s+/),
);

/** Where somebody lives, as far as rules and laws ask: a country, or a part of one where its own law counts. */
export const regionCode = z
  .string()
  .regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/)
  .refine((code) => COUNTRIES.has(code.slice(0, 2)))
  .describe('ISO 3166-1 alpha-2 (`DE`), or ISO 3166-2 for a part of a country (`US-CA`)');

/** Regions that a rule or a member of staff has; of one set there is one writing. */
export const regionCodes = z
  .array(regionCode)
  .max(300)
  .transform((codes) => [...new Set(codes)].sort());

/** Whether a region lies in one of these: `US-CA` in `US`, never the other way round. */
export function liesIn(region: string, regions: readonly string[]): boolean {
  return regions.some((one) => region === one || region.startsWith(`${one}-`));
}
