import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinesBroken, splitLines } from './lines.js';

async function split(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  async function* bytes() {
    for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
  }
  const lines: string[] = [];
  for await (const line of splitLines(bytes())) lines.push(line);
  return lines;
}

describe('lines', () => {
  it('are the same wherever the bytes were cut', async () => {
    const noBreak = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\n', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(noBreak), fc.integer({ min: 1, max: 9 }), async (lines, width) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += width) chunks.push(bytes.subarray(at, at + width));
        expect(await split(...chunks)).toEqual(lines);
      }),
    );
  });

  it('keep a carriage return and a byte order mark, which are changes like others', async () => {
    expect(await split('\ufeffa\r\n')).toEqual(['\ufeffa\r']);
  });

  it.each([
    ['a last line without its end', ['a\n', 'b']],
    ['a character that is cut off at the end', ['a\n', Buffer.from('—').subarray(0, 2)]],
    ['bytes that are no UTF-8', [Buffer.from([0x61, 0xff, 0x0a])]],
    ['a line without end', Array.from({ length: 300 }, () => 'x'.repeat(1_000))],
  ])('are refused with %s', async (_, chunks) => {
    await expect(split(...chunks)).rejects.toThrow(LinesBroken);
  });
});
