import { describe, expect, it } from 'vitest';
import { SampleLog, sampleEntry } from '../../libs/audit-log/src/core/export.fixture.js';
import {
  generateNoteKey,
  inclusionPath,
  leafHash,
  NoteSigner,
  subtreeRoot,
} from '../../libs/audit-log/src/core/index.js';
import { testMachine } from '../auditor/machine.fixture.js';
import { verifyCommand } from './command.js';

const signer = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const vkey = signer.verifier.toString();
const log = new SampleLog(signer);
const SIZE = 12;
const leaves = Array.from({ length: SIZE }, (_, n) => leafHash(log.entry(n)));
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

function proofOf(position: number, size = SIZE) {
  const hashes = inclusionPath(position, size).map(({ start, end }) => subtreeRoot(leaves.slice(start, end)));
  return { position, size, leaf: base64(leaves[position] as Uint8Array), hashes: hashes.map(base64) };
}

function lineOf(position: number): string {
  return `{"position":${position},"entry":${Buffer.from(log.entry(position)).toString('utf8')}}\n`;
}

const ARGS = [
  '--inclusion',
  'proof.json',
  '--entry',
  'entry.json',
  '--checkpoint',
  'now.note',
  '--key',
  vkey,
];

interface Files {
  readonly proof?: unknown;
  readonly entry?: string;
  readonly note?: string;
}

async function run({ proof = proofOf(7), entry = lineOf(7), note = log.note(SIZE) }: Files, args = ARGS) {
  const test = testMachine({ 'proof.json': JSON.stringify(proof), 'entry.json': entry, 'now.note': note });
  const status = await verifyCommand(args, test.machine);
  return { status, out: test.out, error: test.error };
}

describe('integument-verify --inclusion', () => {
  it('shows for every position of every size that the entry is there', async () => {
    for (let size = 1; size <= SIZE; size++) {
      for (let position = 0; position < size; position++) {
        const files = { proof: proofOf(position, size), entry: lineOf(position), note: log.note(size) };
        const { status, out } = await run(files);
        expect(status).toBe(0);
        expect(out).toContain(
          `VERIFIED vault.example/audit\n  entry  position ${position} of ${size} entries\n`,
        );
      }
    }
  });

  it('takes the line of an export too', async () => {
    const entry = log.export(SIZE).find((line) => line.startsWith('{"position":7,')) as string;
    expect(entry).toContain('"leaf"');
    expect(await run({ entry })).toMatchObject({ status: 0, error: '' });
  });

  const other = leafHash(sampleEntry(99));
  const falseLeaf = { ...proofOf(7), leaf: base64(other) };
  const forged = lineOf(7).replace('tests.sample', 'tests.simple');
  const leafOf = (line: string) => base64(leafHash(Buffer.from(line.slice(22, -2), 'utf8')));
  it.each<[string, Files, string]>([
    ['an entry with one letter changed', { entry: forged }, 'inclusion.entry'],
    [
      'the same with the leaf changed in step',
      { entry: forged, proof: { ...proofOf(7), leaf: leafOf(forged) } },
      'inclusion.proof',
    ],
    ['another leaf than the entry’s', { proof: falseLeaf }, 'inclusion.entry'],
    ['another entry of the log', { entry: lineOf(8) }, 'inclusion.proof'],
    [
      'the same entry under another position',
      { entry: lineOf(7).replace('"position":7', '"position":6'), proof: { ...proofOf(7), position: 6 } },
      'inclusion.proof',
    ],
    [
      'a proof with a hash less',
      { proof: { ...proofOf(7), hashes: proofOf(7).hashes.slice(1) } },
      'inclusion.proof',
    ],
    [
      'a proof with a hash more',
      { proof: { ...proofOf(7), hashes: [...proofOf(7).hashes, base64(other)] } },
      'inclusion.proof',
    ],
    [
      'a proof with another hash',
      { proof: { ...proofOf(7), hashes: proofOf(7).hashes.with(0, base64(other)) } },
      'inclusion.proof',
    ],
    [
      'a proof whose hashes are none',
      { proof: { ...proofOf(7), hashes: [null, 1, 'x', ''] } },
      'inclusion.proof',
    ],
    ['a position that is none', { proof: { ...proofOf(7), position: '7' } }, 'inclusion.proof'],
    ['a checkpoint of another size', { note: log.note(11) }, 'inclusion.size'],
    [
      'a checkpoint with another root',
      { note: new SampleLog(signer, (n) => sampleEntry(n + 1)).note(SIZE) },
      'inclusion.proof',
    ],
    [
      'a checkpoint of another key',
      { note: new SampleLog(NoteSigner.parse(generateNoteKey('vault.example/audit').skey)).note(SIZE) },
      'checkpoint.signature',
    ],
    ['a checkpoint that is none', { note: 'no note' }, 'checkpoint.signature'],
    ['two entries in one file', { entry: lineOf(7) + lineOf(8) }, 'inclusion.entry'],
    ['an entry without its line', { entry: Buffer.from(log.entry(7)).toString('utf8') }, 'inclusion.entry'],
    ['a proof that is none', { proof: [] }, 'inclusion.proof'],
    ['a proof of nothing', { proof: null }, 'inclusion.proof'],
  ])('refuses %s', async (_, files, code) => {
    const { status, out, error } = await run(files);
    expect({ status, out }).toEqual({ status: 1, out: '' });
    expect(error).toMatch(/^NOT VERIFIED vault\.example\/audit: /);
    expect(error).toContain(`(${code})\n`);
    expect(error).not.toContain('tests.');
  });

  it('needs all four, and takes nothing else', async () => {
    const wrong = [
      ...[0, 2, 4, 6].map((at) => [...ARGS.slice(0, at), ...ARGS.slice(at + 2)]).slice(1),
      [...ARGS, '--witness', 'w'],
      [...ARGS, 'log.ndjson'],
      [...ARGS.slice(0, 2), ...ARGS.slice(2, 6), '--key', ''],
    ];
    for (const args of wrong) {
      const { status, error } = await run({}, args);
      expect([status, error.slice(0, 6)]).toEqual([2, 'Usage:']);
    }
  });

  it('could not be checked without its files', async () => {
    const { status, error } = await run({}, ARGS.with(1, 'none.json'));
    expect([status, error]).toEqual([2, 'could not be checked: no file none.json\n']);
  });
});
