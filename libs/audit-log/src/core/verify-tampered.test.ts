import { proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import { describe, expect, it } from 'vitest';
import { checkpointTextOf, generateWitnessKey, WitnessSigner } from './cosignature.js';
import { bytesOf, SampleLog, sampleCheckpoint, sampleEntry, sampleExport } from './export.fixture.js';
import { formatCheckpointLine, formatEntry } from './export-format.js';
import { leafHash } from './merkle.js';
import { generateNoteKey, NoteSigner } from './note-key.js';
import { verifyExport } from './verify-export.js';

const newSigner = () => NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const [signer, forger] = [newSigner(), newSigner()];
// Line 0 is the header; the checkpoints of 5, 9 and 20 entries are lines 6, 11 and 23.
const lines = sampleExport(signer, 20, [5, 9]);
const line = (at: number) => lines[at] as string;
const replaced = (at: number, ...by: string[]) => lines.toSpliced(at, 1, ...by);

const other = (position: number) => {
  const entry = sampleEntry(1_000 + position);
  return formatEntry({ position, entry, leaf: leafHash(entry) });
};

describe('the verifier', () => {
  it('finds a change of any one byte of an export with all that one can hold', async () => {
    const [next, witness] = [newSigner(), WitnessSigner.parse(generateWitnessKey('w.example/1').skey)];
    const full = new SampleLog(signer, (n) => (n === 1 ? Buffer.of(n, 255) : sampleEntry(n)), {
      successors: [{ signer: next, from: 3 }],
      cosign: (note) => note + witness.cosign(checkpointTextOf(note).text, 1_768_478_400),
    });
    const bytes = bytesOf(full.export(4, [2]));
    const check = (copy: Uint8Array) =>
      verifyExport([copy], next.verifier, { witnesses: [witness.verifier] });
    expect(await check(bytes)).toMatchObject({ ok: true, keys: 2, checkpoints: 3, cosigned: { size: 4 } });
    const isAsBefore = async (copy: Uint8Array) => {
      const report = await check(copy);
      return report.ok && report.cosigned?.size === 4;
    };
    // The names by which a note's reader skips signatures of others: a witness's line on any note but the last is not needed.
    const skipped = cosignatureNames(bytes);
    for (let at = 0; at < bytes.length; at++) {
      if (skipped.has(at)) continue;
      for (let bit = 0; bit < proofCount(1, 8); bit++) {
        const copy = Uint8Array.from(bytes);
        copy[at] = (copy[at] as number) ^ (1 << ((at + bit) % 8));
        expect(await isAsBefore(copy), `byte ${at}, bit ${(at + bit) % 8}`).toBe(false);
      }
    }
  }, 300_000);

  it('finds every one of many random changes to an export', async () => {
    const random = seededRandom();
    for (let n = 0; n < proofCount(600, 10_000); n++) {
      const [kind, bytes] = tamper(random);
      const report = await verifyExport([bytes.subarray(0, 1_000), bytes.subarray(1_000)], signer.verifier);
      expect(report.ok, `seed ${random.seed}, change ${n}: ${kind}`).toBe(false);
    }
  }, 300_000);
});

function tamper(random: SeededRandom): [string, Buffer] {
  const whole = Buffer.from(bytesOf(lines));
  const isEntry = (at: number) => line(at).startsWith('{"position"');
  const entries = lines.map((_, at) => at).filter(isEntry);
  const notes = [6, 11, 23];
  const join = (changed: string[]) => Buffer.from(bytesOf(changed));
  const two = <T>(list: readonly T[]) => random.shuffle(list).slice(0, 2) as [T, T];
  const swap = ([a, b]: [number, number]) => replaced(a, line(b)).toSpliced(b, 1, line(a));
  const kinds: Record<string, () => Buffer> = {
    'flip a bit': () => {
      const at = random.below(whole.length);
      whole[at] = (whole[at] ?? 0) ^ (1 << random.below(8));
      return whole;
    },
    'delete a byte': () => {
      const at = random.below(whole.length);
      return Buffer.concat([whole.subarray(0, at), whole.subarray(at + 1)]);
    },
    'insert a byte': () => {
      const at = random.below(whole.length + 1);
      return Buffer.concat([whole.subarray(0, at), random.bytes(1), whole.subarray(at)]);
    },
    truncate: () => whole.subarray(0, random.below(whole.length)),
    'delete an entry': () => join(replaced(random.pick(entries))),
    'delete the last checkpoint': () => join(lines.slice(0, -1)),
    'insert an entry': () => {
      const at = random.pick(entries);
      return join(replaced(at, line(at), other(random.below(30))));
    },
    'swap two entries': () => join(swap(two(entries))),
    'swap two checkpoints': () => join(swap(two(notes))),
    'replace an entry with its hash': () => {
      const at = random.pick(entries);
      return join(replaced(at, other((JSON.parse(line(at)) as { position: number }).position)));
    },
    'forge a checkpoint': () => {
      const at = random.pick(notes);
      const size =
        new Map([
          [6, 5],
          [11, 9],
          [23, 20],
        ]).get(at) ?? 0;
      return join(replaced(at, formatCheckpointLine(sampleCheckpoint(forger, size))));
    },
    'sign it all with another key': () => join(sampleExport(forger, 20, [5, 9])),
  };
  const kind = random.pick(Object.keys(kinds));
  return [kind, (kinds[kind] as () => Buffer)()];
}

/**
 * Where the name and key id stand of cosignatures that nothing depends on: all but those of the last note. Changed there, a
 * line is an unknown signer's, and such are ignored as the specification demands.
 */
function cosignatureNames(bytes: Uint8Array): Set<number> {
  const text = Buffer.from(bytes).toString('latin1');
  const found = [...text.matchAll(/w\.example\/1 (?:[A-Za-z0-9+/]{6})/g)].slice(0, -1);
  return new Set(found.flatMap(({ index, 0: match }) => Array.from(match, (_, n) => index + n)));
}
