/**
 * From which age somebody agrees by themselves to what is done with their data online: GDPR Art. 8(1), and what each country has made of it.
 * Countries that are not here have 16, as Art. 8(1) does where a member state says nothing.
 */
const YEARS: Readonly<Record<string, number>> = {
  AT: 14, // § 4(4) DSG
  BE: 13, // Art. 7, loi du 30 juillet 2018
  BG: 14, // Art. 25c ZZLD
  CY: 14, // Art. 8, Law 125(I)/2018
  CZ: 15, // § 7, zákon 110/2019
  DE: 16, // GDPR Art. 8(1) itself
  DK: 15, // § 6(2) databeskyttelsesloven, since 1 January 2024; 13 before
  EE: 13, // § 8 IKS
  ES: 14, // Art. 7 LOPDGDD
  FI: 13, // § 5 tietosuojalaki
  FR: 15, // Art. 45, loi 78-17
  GB: 13, // s. 9 Data Protection Act 2018
  GR: 15, // Art. 21, Law 4624/2019
  HR: 16, // Art. 19 ZPOUZP
  HU: 16, // GDPR Art. 8(1) itself
  IE: 16, // s. 31 Data Protection Act 2018
  IS: 13, // Art. 10, lög 90/2018
  IT: 14, // Art. 2-quinquies, d.lgs. 196/2003
  LI: 16, // GDPR Art. 8(1) itself, as part of the EEA agreement
  LT: 14, // Art. 6 ADTAĮ
  LU: 16, // GDPR Art. 8(1) itself
  LV: 13, // s. 33 Fizisko personu datu apstrādes likums
  MT: 13, // Reg. 2, S.L. 586.11
  NL: 16, // Art. 5 UAVG
  NO: 13, // § 5 personopplysningsloven; 15 is planned
  PL: 16, // GDPR Art. 8(1) itself
  PT: 13, // Art. 16, Lei 58/2019
  RO: 16, // GDPR Art. 8(1) itself
  SE: 13, // 2 kap. 4 § dataskyddslagen
  SI: 15, // Art. 8 ZVOP-2, since 26 January 2023
  SK: 16, // § 15 zákon 18/2018
  US: 13, // COPPA, 15 U.S.C. 6501(1)
};
const ELSEWHERE = 16;

/** @param region ISO 3166-1 alpha-2 or ISO 3166-2; null where nobody knows: then as where the law says nothing */
export function ageOfDigitalConsent(region: string | null): number {
  const country = region?.slice(0, 2) ?? '';
  return (Object.hasOwn(YEARS, country) ? YEARS[country] : undefined) ?? ELSEWHERE;
}
