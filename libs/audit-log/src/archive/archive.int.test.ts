import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UnitOfWork } from '@integument/database';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  formatTilePath,
  generateNoteKey,
  leafHash,
  NoteSigner,
  openCheckpoint,
  parseBundle,
  parseHashes,
  parseTilePath,
  subtreeRoot,
  tileWidth,
  verifyConsistency,
  verifyInclusion,
} from '../core/index.js';
import { AuditLogInconsistent } from '../sql/continuity.js';
import { filledEntry, TestLog } from '../sql/log.fixture.js';
import { EntriesArchived } from '../sql/tree-reader.js';
import { ArchiveElsewhere, type ArchiveOptions, archiveEntries } from './archive.js';

vi.setConfig({ testTimeout: 120_000 });
const actor = { kind: 'process', id: 'audit-archive' } as const;
let log: TestLog;
let folder: string;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'integument-archive-'));
  await log.reset();
});
afterEach(() => rmSync(folder, { recursive: true }));

async function grow(from: number, size: number): Promise<void> {
  await log.fill(from, size);
  await log.integrator().integrate();
}

function archive(options: Partial<ArchiveOptions> = {}) {
  const { unitOfWork, signer, clock } = log;
  return archiveEntries({
    unitOfWork,
    signer,
    folder,
    before: Infinity,
    actor,
    clock: clock.now,
    ...options,
  });
}

const file = (path: string) => readFileSync(join(folder, path));
const positions = async () => {
  type Row = { first: string | null; count: string };
  const sql = 'SELECT min(position) AS first, count(*) AS count FROM audit_entry';
  const [row] = await log.unitOfWork.single((tx) => tx.query<Row>(sql));
  return { first: Number(row?.first), count: Number(row?.count) };
};

/** What somebody reads from the folder alone, trusting only the log's key. @returns the entries */
function readArchive(): Uint8Array[] {
  const { size, root } = openCheckpoint(file('checkpoint').toString(), log.signer.verifier);
  const entries: Uint8Array[] = [];
  for (let index = 0; index * 256 < size; index++) {
    entries.push(...parseBundle(file(formatTilePath({ level: 'entries', index, width: 256 })), 256));
  }
  const leaves = entries.map(leafHash);
  expect(subtreeRoot(leaves)).toEqual(root);
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level++) {
    for (let index = 0; index * 256 < hashes.length; index++) {
      const width = tileWidth(level, index, size);
      const tile = parseHashes(file(formatTilePath({ level, index, width })), width);
      expect(tile.map(String)).toEqual(hashes.slice(index * 256, index * 256 + width).map(String));
    }
    const whole = Math.floor(hashes.length / 256);
    hashes = Array.from({ length: whole }, (_, n) => subtreeRoot(hashes.slice(n * 256, (n + 1) * 256)));
  }
  return entries;
}

describe('an archive', () => {
  it('holds the old entries as tiles under a signed checkpoint, and the database no longer does', async () => {
    await grow(0, 1_500);
    expect(await archive({ before: 1_100 })).toEqual({ from: 0, to: 1_024, heldBackBy: null });
    expect(readArchive()).toEqual(Array.from({ length: 1_024 }, (_, n) => filledEntry(n)));
    expect(await positions()).toEqual({ first: 1_024, count: 476 });
    const paths = readdirSync(join(folder, 'tile'), { recursive: true, withFileTypes: true });
    for (const path of paths.filter((one) => one.isFile())) {
      parseTilePath(join(path.parentPath, path.name).slice(folder.length + 1));
    }
  });

  it('is an entry in the log, of who did it', async () => {
    await grow(0, 600);
    await archive();
    await log.integrator().integrate();
    const { entries } = await log.reader.page({ after: 599, limit: 2 });
    expect(entries).toMatchObject([
      { position: 600, entry: { action: 'audit.archive', actor, details: { from: 0, to: 512 } } },
    ]);
  });

  it('leaves every proof as it was', async () => {
    await grow(0, 700);
    const root = await log.tree.root(700);
    const before = await Promise.all([5, 511, 512].map((position) => log.tree.inclusion(position, 700)));
    await archive();
    for (const [at, position] of [5, 511, 512].entries()) {
      const proof = await log.tree.inclusion(position, 700);
      expect(proof).toEqual(before[at]);
      expect(verifyInclusion(position, 700, leafHash(filledEntry(position)), proof, root)).toBe(true);
    }
    const archived = openCheckpoint(file('checkpoint').toString(), log.signer.verifier);
    const proof = await log.tree.consistency(archived.size, 700);
    expect(verifyConsistency(archived.size, 700, proof, archived.root, root)).toBe(true);
    expect(await log.tree.hashTile(0, 1, 256)).toEqual(file('tile/0/001'));
    await expect(log.tree.bundle(1, 256)).rejects.toThrow(EntriesArchived);
    expect(parseBundle(await log.tree.bundle(2, 188), 188)).toHaveLength(188);
  });

  it('grows by later runs in the same folder, over the width of a tile of tiles', async () => {
    await grow(0, 300);
    await archive();
    await grow(300, 67_000);
    expect(await archive({ before: 66_000 })).toMatchObject({ from: 256, to: 65_792 });
    expect(await archive()).toMatchObject({ from: 65_792, to: 66_816 });
    expect(await archive()).toMatchObject({ from: 66_816, to: 66_816 });
    expect(readArchive()).toHaveLength(66_816);
    expect(await positions()).toMatchObject({ first: 66_816 });
    const root = await log.tree.root(67_000);
    const proof = await log.tree.inclusion(70, 67_000);
    const leaf = leafHash(filledEntry(70));
    expect(verifyInclusion(70, 67_000, leaf, proof, root)).toBe(true);
  });

  it('reaches up to a time: what was under a checkpoint before it', async () => {
    await grow(0, 600);
    log.clock.advance({ days: 1 });
    const midnight = log.clock.now();
    await grow(600, 1_200);
    expect(await archive({ before: midnight })).toMatchObject({ to: 512 });
  });

  it('leaves what a follower has not done with, and what is not a whole bundle', async () => {
    await grow(0, 1_000);
    await log.superuser("INSERT INTO audit_follower (name, position) VALUES ('one', 1000), ('two', 300)");
    expect(await archive()).toEqual({ from: 0, to: 256, heldBackBy: { name: 'two', position: 300 } });
    await log.superuser("UPDATE audit_follower SET position = 255 WHERE name = 'two'");
    expect(await archive()).toMatchObject({ from: 256, to: 256 });
  });

  it('of a log without a checkpoint, or too short, is nothing', async () => {
    expect(await archive()).toMatchObject({ from: 0, to: 0 });
    await grow(0, 255);
    expect(await archive()).toMatchObject({ from: 0, to: 0 });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('nothing leaves the database', () => {
  const whole = { first: 0, count: 600 };
  beforeEach(() => grow(0, 600));

  it('if an entry is not the one that was hashed', async () => {
    await log.tamper('UPDATE audit_entry SET entry = set_byte(entry, 3, 65) WHERE position = 300');
    await expect(archive()).rejects.toThrow('bundle 1');
    expect(await positions()).toEqual(whole);
  });

  it('if entry and hash are not those that were signed', async () => {
    const forged = Buffer.from('{"v":1,"n":"forged"}');
    const sql = 'UPDATE audit_entry SET entry = $1, leaf_hash = $2 WHERE position = 300';
    await log.tamper(sql, [forged, leafHash(forged)]);
    await expect(archive()).rejects.toThrow(AuditLogInconsistent);
    expect(await positions()).toEqual(whole);
    expect(readdirSync(folder)).toEqual(['tile']);
  });

  it('under another key', async () => {
    const signer = NoteSigner.parse(generateNoteKey(log.signer.name).skey);
    await expect(archive({ signer })).rejects.toThrow(AuditLogInconsistent);
    expect(await positions()).toEqual(whole);
  });

  it('if a file of the archive is not what was written', async () => {
    const broken = [
      () => truncateSync(join(folder, 'tile/entries/001'), 100),
      () => writeFileSync(join(folder, 'tile/entries/001'), file('tile/entries/000')),
      () => writeFileSync(join(folder, 'tile/0/000'), file('tile/0/001')),
      () => rmSync(join(folder, 'tile/0/000')),
    ];
    for (const breakIt of broken) {
      await expect(archive({ unitOfWork: afterFiles(breakIt) })).rejects.toThrow();
      expect(await positions(), String(breakIt)).toEqual(whole);
    }
    expect(await archive()).toMatchObject({ from: 0, to: 512 });
    expect(readArchive()).toHaveLength(512);
  });

  it('into a folder that the earlier entries are not in', async () => {
    await archive({ before: 256 });
    const elsewhere = mkdtempSync(join(tmpdir(), 'integument-archive-'));
    await expect(archive({ folder: elsewhere })).rejects.toThrow(ArchiveElsewhere);
    const note = file('checkpoint').toString();
    writeFileSync(join(folder, 'checkpoint'), note.replace('256', '257'));
    await expect(archive()).rejects.toThrow(ArchiveElsewhere);
    expect(await positions()).toEqual({ first: 256, count: 344 });
    rmSync(elsewhere, { recursive: true });
  });

  /** Does something to the files once all are written: when the run looks which archive is the newest, to sign the next. */
  function afterFiles(act: () => void): UnitOfWork {
    return {
      run: log.unitOfWork.run.bind(log.unitOfWork),
      single: (work) =>
        log.unitOfWork.single((tx) =>
          work({
            query: (statement, values) => {
              if (typeof statement !== 'string' && statement.name === 'audit_archive_newest') act();
              return tx.query(statement, values);
            },
            send: (statement, values) => tx.send(statement, values),
          }),
        ),
    } satisfies Pick<UnitOfWork, 'run' | 'single'> as UnitOfWork;
  }
});

describe('the tables', () => {
  beforeEach(async () => {
    await grow(0, 900);
    await archive({ before: 512 });
  });
  const app = (sql: string) => log.unitOfWork.single((tx) => tx.query(sql));
  const kept = "string_agg(leaf_hash, ''::bytea ORDER BY position)";

  it('let nothing go but bundles whose hashes are kept, below what is archived', async () => {
    for (const sql of [
      'DELETE FROM audit_entry WHERE position = 600',
      'DELETE FROM audit_entry WHERE position < 768',
      'UPDATE audit_entry SET entry = entry',
      'TRUNCATE audit_entry',
      `WITH kept AS (INSERT INTO audit_leaf_tile SELECT 2, ${kept} FROM audit_entry WHERE position / 256 = 2)
       DELETE FROM audit_entry WHERE position / 256 = 2`,
      'DELETE FROM audit_archive',
      'UPDATE audit_archive SET size = size + 256',
      'TRUNCATE audit_archive',
      'UPDATE audit_leaf_tile SET hashes = hashes',
      'DELETE FROM audit_leaf_tile',
      'TRUNCATE audit_leaf_tile',
      "INSERT INTO audit_archive SELECT 256, root, note || ' ', now() FROM audit_archive",
      'INSERT INTO audit_archive SELECT 1024, root, note, now() FROM audit_archive',
    ]) {
      await expect(app(sql), sql).rejects.toMatchObject({ code: 'IG002' });
    }
    const replica = 'SET session_replication_role = replica';
    const asReplica = log.superuser('DELETE FROM audit_entry WHERE position < 768', [], replica);
    await expect(asReplica).rejects.toMatchObject({ code: 'IG002' });
  });

  it('let no part of a bundle go, nor one whose kept hashes differ', async () => {
    await app('INSERT INTO audit_archive SELECT 768, root, note, now() FROM audit_archive');
    await app(
      `INSERT INTO audit_leaf_tile SELECT 2, set_byte(${kept}, 0, 0) FROM audit_entry WHERE position / 256 = 2`,
    );
    for (const range of ['position / 256 = 2', 'position BETWEEN 512 AND 766']) {
      const gone = app(`DELETE FROM audit_entry WHERE ${range}`);
      await expect(gone, range).rejects.toMatchObject({ code: 'IG002' });
    }
  });
});

describe('an archive run that is killed', () => {
  it('before or after any statement is ended by the next one', async () => {
    await grow(0, 700);
    for (let step = 0; ; step++) {
      const died = await archive({ unitOfWork: dyingAt(step) }).then(
        () => false,
        (error: unknown) => error instanceof Dead,
      );
      await log.integrator().integrate();
      if (!died) break;
      expect((await positions()).count).toBeGreaterThanOrEqual(700 - 512);
    }
    expect(readArchive()).toEqual(Array.from({ length: 512 }, (_, n) => filledEntry(n)));
    expect(await positions()).toEqual({ first: 512, count: 700 - 512 + 1 });
  });

  class Dead extends Error {}

  /** Dies before the n-th statement, or behind it where the commit is its own. */
  function dyingAt(step: number): UnitOfWork {
    let count = 0;
    const next = () => {
      if (count++ === step) throw new Dead();
    };
    return {
      single: async (work) => {
        next();
        const result = await log.unitOfWork.single(work);
        next();
        return result;
      },
      run: async (work) => {
        const result = await log.unitOfWork.run((tx) =>
          work({
            query: (statement, values) => {
              next();
              return tx.query(statement, values);
            },
            send: (statement, values) => {
              next();
              tx.send(statement, values);
            },
          }),
        );
        next();
        return result;
      },
    } satisfies Pick<UnitOfWork, 'run' | 'single'> as UnitOfWork;
  }
});
