import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  archiveEntries,
  generateNoteKey,
  generateWitnessKey,
  NoteSigner,
  type ReadArchive,
  type VerifyReport,
  verifyArchive,
  verifyExport,
  WitnessSigner,
} from '@integument/audit-log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointTextOf } from '../../../libs/audit-log/src/core/index.js';
import { TestLog } from '../../../libs/audit-log/src/sql/log.fixture.js';

/** A log with everything that can happen to one in the course of years. */
let log: TestLog;
let folder: string;
const keys: NoteSigner[] = [];
const witness = WitnessSigner.parse(generateWitnessKey('witness.example/w1').skey);

beforeAll(async () => {
  log = await TestLog.open();
  folder = mkdtempSync(join(tmpdir(), 'integument-whole-'));
  keys.push(log.signer, ...[1, 2].map(() => NoteSigner.parse(generateNoteKey(log.signer.name).skey)));
  await grow(0, 700, keys[0]);
  await grow(700, 900, keys[1], keys[0]);
  await archive(keys[1]);
  await grow(900, 1_300, keys[1]);
  await grow(1_300, 1_310, keys[2], keys[1]);
  await archive(keys[2]);
  await grow(1_310, 1_400, keys[2]);
  await cosignNewest();
}, 120_000);
afterAll(async () => {
  await log.drop();
  rmSync(folder, { recursive: true });
});

async function grow(from: number, to: number, signer = log.signer, retired?: NoteSigner): Promise<void> {
  const numbers = Array.from({ length: to - from }, (_, n) => from + n);
  await log.append(...numbers);
  await log.integrator({ signer, retired }).integrate();
}

async function archive(signer = log.signer): Promise<void> {
  const { unitOfWork, clock } = log;
  const actor = { kind: 'process', id: 'audit-archive' } as const;
  await archiveEntries({ unitOfWork, signer, folder, before: Infinity, actor, clock: clock.now });
  await log.integrator({ signer }).integrate();
}

async function cosignNewest(): Promise<void> {
  const checkpoint = await log.reader.findCheckpoint();
  if (!checkpoint) throw new Error('nothing is signed');
  const line = witness.cosign(checkpointTextOf(checkpoint.note).text, 1_800_000_000);
  await log.unitOfWork.single((tx) =>
    tx.query('INSERT INTO audit_cosignature (size, witness, line) VALUES ($1, $2, $3)', [
      checkpoint.size,
      witness.verifier.name,
      line,
    ]),
  );
}

const inFolder: ReadArchive = (path) => readFile(join(folder, path)).catch(() => undefined);
const exported = async () => [Buffer.from(await log.exported())];

function size(report: VerifyReport): number | string {
  return report.ok ? report.size : `${report.code}: ${report.message}`;
}

describe('a log that was archived twice and whose key was replaced twice', () => {
  it.each([0, 1, 2])('is verified whole by whoever trusts its key nr %i alone', async (nr) => {
    const trusted = (keys[nr] as NoteSigner).verifier;
    const report = await verifyExport(await exported(), trusted, { archive: inFolder });
    const newest = await log.reader.findCheckpoint();
    expect(size(report)).toBe(newest?.size);
  });

  it('is no log of another key', async () => {
    const other = NoteSigner.parse(generateNoteKey(log.signer.name).skey).verifier;
    const report = await verifyExport(await exported(), other, { archive: inFolder });
    expect(report).toMatchObject({ ok: false, code: 'chain.untrusted' });
  });

  it('shows its witness', async () => {
    const trusted = (keys[2] as NoteSigner).verifier;
    const options = { archive: inFolder, witnesses: [witness.verifier] };
    expect(await verifyExport(await exported(), trusted, options)).toMatchObject({ ok: true });
    const stranger = WitnessSigner.parse(generateWitnessKey('witness.example/w2').skey).verifier;
    const refused = await verifyExport(await exported(), trusted, { ...options, witnesses: [stranger] });
    expect(refused.ok).toBe(false);
  });

  it('has an archive that stands by itself, under the key of its time', async () => {
    const report = await verifyArchive(inFolder, (keys[2] as NoteSigner).verifier);
    expect([typeof size(report), Number(size(report)) % 256]).toEqual(['number', 0]);
  });

  it('is refused without its archive, and with an archive in which a bit is another', async () => {
    const trusted = (keys[2] as NoteSigner).verifier;
    expect((await verifyExport(await exported(), trusted)).ok).toBe(false);
    const flipped: ReadArchive = async (path) => {
      const bytes = await inFolder(path);
      if (!bytes || path !== 'tile/entries/002') return bytes;
      const changed = Buffer.from(bytes);
      changed[1_000] = (changed[1_000] ?? 0) ^ 1;
      return changed;
    };
    expect(await verifyExport(await exported(), trusted, { archive: flipped })).toMatchObject({ ok: false });
  });
});
