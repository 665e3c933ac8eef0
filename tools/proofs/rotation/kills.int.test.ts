import { readdirSync, readFileSync } from 'node:fs';
import { AuditReader, generateNoteKey, Integrator, NoteSigner, verifyExport } from '@integument/audit-log';
import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROTATED } from '../../../apps/vault/src/features/rotation/index.js';
import { scheduleOf } from '../../../apps/vault/src/rotation.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { startThrowaway, type ThrowawayServer } from '../../testing/throwaway-server.js';
import { MOMENTS } from '../audit/mortal-task.js';
import { expectEverything } from './reads.js';
import { SEARCH } from './rotating-task.js';
import { type Fate, isOver, Stage } from './stage.js';
import { told } from './told.js';

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 120_000 });
const random = seededRandom();
let server: ThrowawayServer;
let stage: Stage;
beforeAll(async () => {
  server = await startThrowaway(true, () => Promise.resolve());
});
afterEach(() => stage.close());
afterAll(() => server.stop());

const moment = () => random.pick(MOMENTS);
/** The first batch. */
const MOVED = { times: 1, of: 'moved = moved +' };

/** At any statement; amidst rows that are moved; near a change of a file; or whenever it happens. */
function anyFate(): Fate {
  const ms = 150 + random.below(2_000);
  const at = random.below(500);
  return random.pick([
    fileFate,
    () => ({ death: undefined, ms }),
    () => ({ death: { at, moment: moment() }, ms: 10_000 }),
    () => ({ death: { at, moment: moment(), behind: MOVED }, ms: 10_000 }),
    () => ({ death: { at, moment: moment(), behind: MOVED }, ms: 10_000 }),
  ])();
}

/** Between what is done to the keyring's file and what is committed of it. A start by itself changes files twice. */
function fileFate(): Fate {
  const behind = { times: 1 + random.below(28), of: 'file' };
  return { death: { at: random.pick([0, 0, 0, 1, 2, 4, 8, 16, 32]), moment: moment(), behind }, ms: 4_000 };
}

/** By a process that comes after all that, and has nothing in memory. */
async function expectWhole(): Promise<void> {
  const vault = await TestVault.at(stage.place, SEARCH);
  try {
    await expectEverything(stage.survivor.seenBy(vault));
    const now = await told(vault);
    const newest = new Set(
      now.versions.filter(({ state }) => state === 'current').map(({ key_id }) => key_id),
    );
    expect([...now.rows.keys()].filter((key) => !newest.has(key))).toEqual([]);
    expect(isOver(now)).toBe(true);
    const [root] = now.roots.filter(({ destroyed }) => !destroyed).map(({ version }) => version);
    expect(await vault.keyring.versions()).toEqual({ newest: root, oldest: root, available: root });
    const { folder, sealedFile } = stage.place.files as typeof stage.place.files & { folder: string };
    expect(readdirSync(folder).sort()).toEqual(['key', 'keyring.sealed', 'keyring.sealed.backup']);
    expect(readFileSync(`${sealedFile}.backup`)).toEqual(readFileSync(sealedFile));
    await expectLogged(vault);
  } finally {
    await vault.leave();
  }
}

/** Each thing that happened to a key was written down once. */
async function expectLogged(vault: TestVault): Promise<void> {
  const of = (action: string) => async (): Promise<string[]> => {
    const entries = (await vault.entries()).filter((entry) => entry.action === action);
    const details = entries.map(
      (entry) => entry.details as { domain: string; version?: number; toVersion?: number },
    );
    return details.map(({ domain, version, toVersion }) => `${domain} ${version ?? toVersion}`).sort();
  };
  const rows = async (sql: string) => (await vault.query<{ one: string }>(sql)).map(({ one }) => one).sort();
  const rotations = await rows(`SELECT domain || ' ' || to_version AS one FROM rotation`);
  expect(await of('keys.rotate')()).toEqual(rotations);
  expect(await of('keys.rotated')()).toEqual(rotations);
  const gone =
    await rows(`SELECT domain || ' ' || version AS one FROM domain_key WHERE destroyed_at IS NOT NULL
    UNION ALL SELECT 'root ' || version FROM root_version WHERE destroyed_at IS NOT NULL`);
  expect(await of('keys.destroyed')()).toEqual(gone);
  await expectVerified(vault);
}

async function expectVerified({ unitOfWork }: TestVault): Promise<void> {
  const { skey, vkey } = generateNoteKey('test.example/audit');
  const onError = (error: unknown) => {
    throw error;
  };
  await new Integrator({ unitOfWork, signer: NoteSigner.parse(skey), onError }).integrate();
  let text = '';
  for await (const chunk of new AuditReader(unitOfWork).exportNdjson()) text += chunk;
  expect(await verifyExport([Buffer.from(text)], vkey)).toMatchObject({ ok: true });
}

describe(`a process that rotates keys, and is killed with SIGKILL (seed ${random.seed})`, () => {
  it('at any moment has lost nothing, doubled nothing and told no lie, and the next one goes on', async () => {
    const lives = { rotationDays: 40, destroyAfterDays: 20, mostUses: 2 ** 31 };
    stage = await Stage.open(server.server, { name: 'every_domain', seed: random.seed, lives });
    await stage.run(proofCount(3, 100), anyFate);
    await expectWhole();
    const { rotations } = await told(stage.survivor.vault);
    expect(rotations.map(({ domain }) => domain).sort()).toEqual([...ROTATED, 'root'].sort());
  });

  it('around each change of the keyring’s file has no key that lies under what is gone', async () => {
    const lives = { rotationDays: 100_000, destroyAfterDays: 20, mostUses: 2 ** 31 };
    const begin = async ({ survivor: { vault }, clock }: Stage) => {
      const { root } = scheduleOf(vault, clock);
      await root.look();
      await vault.unitOfWork.run((tx) => root.begin(tx, 'asked', null));
    };
    stage = await Stage.open(server.server, { name: 'root', seed: random.seed, lives }, begin);
    await begin(stage);
    await stage.run(proofCount(2, 100), fileFate);
    await expectWhole();
  });
});
