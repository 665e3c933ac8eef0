import { liesIn } from '@integument/contracts';

/** How far a request reaches: into which regions, or everywhere (null). A person whose region isn't known is in none. */
export type Regions = readonly string[] | null;

/** What both reach. A country and a part of it have the part in common. */
export function common(one: Regions, other: Regions): Regions {
  if (one === null) return other;
  if (other === null) return one;
  const both = [
    ...one.filter((region) => liesIn(region, other)),
    ...other.filter((region) => liesIn(region, one)),
  ];
  return [...new Set(both)];
}

/** What one of them reaches. */
export function together(parts: readonly Regions[]): Regions {
  const named = parts.flatMap((regions) => regions ?? []);
  return parts.includes(null) ? null : [...new Set(named)];
}

export function reaches(regions: Regions, region: string | null | undefined): boolean {
  return regions === null || (typeof region === 'string' && liesIn(region, regions));
}
