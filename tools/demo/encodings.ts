import type { Canary } from './canaries.js';

/** One way in which a value could stand somewhere. */
export interface Needle {
  readonly kind: string;
  readonly form: string;
  readonly bytes: Buffer;
}

/** Every form of a text that is looked for. */
export function formsOfText({ kind, value }: Canary): Needle[] {
  const capital = `${value.slice(0, 1).toUpperCase()}${value.slice(1)}`;
  const spellings = [...new Set([value, capital, value.toUpperCase()])];
  const needles = spellings.flatMap((spelling) => [
    { form: 'plain', bytes: Buffer.from(spelling, 'utf8') },
    { form: 'UTF-16', bytes: Buffer.from(spelling, 'utf16le') },
    ...encoded(Buffer.from(spelling, 'utf8')),
  ]);
  return distinct(needles.map((needle) => ({ kind, ...needle })));
}

/** Every form of some bytes, such as a number as the processor holds it. */
export function formsOfBytes(kind: string, bytes: Buffer): Needle[] {
  return distinct([{ form: 'plain', bytes }, ...encoded(bytes)].map((needle) => ({ kind, ...needle })));
}

function encoded(bytes: Buffer): Omit<Needle, 'kind'>[] {
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((before) => base64Core(bytes, before));
  return [
    { form: 'hex', bytes: Buffer.from(hex) },
    { form: 'HEX', bytes: Buffer.from(hex.toUpperCase()) },
    ...base64.map((text, at) => ({ form: `base64 +${at}`, bytes: Buffer.from(text) })),
    ...base64.map((text, at) => ({
      form: `base64url +${at}`,
      bytes: Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_')),
    })),
  ];
}

/**
 * The characters that the bytes alone decide when they stand in the middle of something longer that was written in
 * base64: three bytes are four characters, so it depends on where among three they begin.
 */
function base64Core(bytes: Buffer, before: number): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const from = Math.ceil((before * 8) / 6);
  const to = Math.floor(((before + bytes.length) * 8) / 6);
  return text.slice(from, to);
}

/** Letters and digits alone look the same in base64 and base64url: the first name stays. */
function distinct(needles: readonly Needle[]): Needle[] {
  const byBytes = new Map<string, Needle>();
  for (const needle of needles) {
    const bytes = needle.bytes.toString('latin1');
    if (!byBytes.has(bytes)) byBytes.set(bytes, needle);
  }
  return [...byBytes.values()];
}
