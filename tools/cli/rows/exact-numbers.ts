/** Of valid JSON: whole strings, so that what looks like a number in them is passed over, and numbers. */
const PARTS = /"(?:[^"\\]+|\\.)*"|-?\d[\d.eE+-]*/g;

/**
 * Whether every number of a text of JSON is still the same one after it was parsed: `1.10` is, 9007199254740993 and 1e400 are
 * not. Written again, those would be others, which nobody would notice.
 * @param json that parses
 */
export function hasExactNumbers(json: string): boolean {
  for (const [part] of json.matchAll(PARTS)) if (!part.startsWith('"') && !isExact(part)) return false;
  return true;
}

/** Nobody writes a number so long, and an exponent may be as long as a row. */
const LONGEST = 400;

function isExact(written: string): boolean {
  const kept = Number(written);
  return Number.isFinite(kept) && written.length <= LONGEST && normalOf(written) === normalOf(`${kept}`);
}

/** Digits without zeros around them, and where the point stands: of the same number always the same. */
function normalOf(written: string): string {
  const [, sign = '', whole = '', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = `${whole}${part}`.replace(/^0+/, '');
  const short = digits.replace(/0+$/, '');
  // Nothing, however it is written; `-0` is written as 0 again.
  if (short === '') return '0';
  return `${sign}${short}e${BigInt(exponent) - BigInt(part.length) + BigInt(digits.length - short.length)}`;
}
