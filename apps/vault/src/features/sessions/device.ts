const BROWSERS = [
  ['Edg', 'Edge'],
  ['OPR', 'Opera'],
  ['Firefox', 'Firefox'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
  ['curl', 'curl'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

/**
 * A few words by which somebody tells their own devices apart. Words of ours alone: a User-Agent can hold anything, and as a whole
 * says more of somebody than this needs.
 */
export function deviceOf(userAgent: string | undefined): string {
  const browser = firstIn(BROWSERS, userAgent);
  const system = firstIn(SYSTEMS, userAgent);
  return [browser ?? (system ? 'A browser' : 'An unknown program'), ...(system ? [`on ${system}`] : [])].join(
    ' ',
  );
}

function firstIn(words: readonly (readonly [string, string])[], text = ''): string | undefined {
  return words.find(([sign]) => text.includes(sign))?.[1];
}
