import type { ClientPseudonym, ErasureId, RotationId } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { addressesIn, backUp } from './backup.fixture.js';
import { HashicorpKeyring } from './features/keyring/hashicorp-keyring.js';
import { KeyringRefused } from './features/keyring/index.js';
import { TransitServer } from './features/keyring/transit-server.fixture.js';
import { BackupReach, ROTATED, RootStore, RotationStore } from './features/rotation/index.js';
import type { VaultStaff } from './platform/callers.js';
import {
  erase,
  LONG_MS,
  live,
  rotate,
  rotationServiceOf,
  scheduleOf,
  TestClock,
} from './rotation.fixture.js';
import { memberOf } from './rules.fixture.js';
import { LIVES, TestVault } from './vault.fixture.js';

/** Nothing begins by itself. */
const lives = { ...LIVES, rotationDays: 1_000 };

let server: TransitServer;
let vault: TestVault;
let clock: TestClock;
let admin: Asker<VaultStaff>;
beforeEach(async () => {
  server = await TransitServer.start();
  // A thousand keys at once on a busy machine.
  const settings = { ...server.settings, timeoutMs: 10_000 };
  vault = await TestVault.open(undefined, undefined, () => HashicorpKeyring.open(settings));
  clock = new TestClock();
  admin = await memberOf(vault, 'adam', ['admin']);
});
afterEach(async () => {
  await vault.close();
  await server.close();
});

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const somebody = async (email: string) => (await vault.enrol({ fields: { email } })) as ClientPseudonym;
const told = () => rotationServiceOf(vault, clock, 'hashicorp', lives);
const operator = async () => (await run((tx) => told().list(tx, admin))).operator;
const rotation = (id: RotationId) => run((tx) => told().read(tx, admin, id));

async function rotateRoot(): Promise<RotationId> {
  const prepared = await told().prepare('root');
  return (await run((tx) => told().begin(tx, admin, 'root', prepared))).rotation as RotationId;
}

/** Versions of the root key that lie over what new things are sealed with. */
async function rootsInUse(): Promise<number[]> {
  const rows = await vault.query<{ root: number }>(
    `SELECT DISTINCT roots[cardinality(roots)] AS root FROM domain_key WHERE state = 'current' ORDER BY root`,
  );
  return rows.map(({ root }) => root);
}

async function destroyedRoots(): Promise<number[]> {
  const rows = await run((tx) => new RootStore().findAll(tx));
  return rows.flatMap(({ version, destroyed_at }) => (destroyed_at ? version : []));
}

async function reachOf(erasure: ErasureId) {
  const sql = 'SELECT key_versions FROM erasure WHERE erasure_id = $1';
  const [row] = await vault.query<{ key_versions: number[] }>(sql, [decodeId('ers', erasure)]);
  const reach = new BackupReach(new RotationStore(), new RootStore(), lives, clock.read);
  return run((tx) => reach.of(tx, row?.key_versions ?? null));
}

it('a root key in HashiCorp Vault is rotated and destroyed by its operator, and erasures reach backups only then', async () => {
  const { schedule } = scheduleOf(vault, clock, { lives });
  const gone = await somebody('gone@example.org');
  await somebody('here@example.org');
  const restore = await backUp(vault);
  // Restored anew each time: whoever opens it lays its keys under the newest root.
  const inBackup = async () => {
    const { dataSource, close } = await restore();
    return addressesIn(vault.keyring, dataSource)
      .then((addresses) => addresses.sort())
      .finally(close);
  };
  const erasure = await erase(vault, gone);
  for (const domain of ROTATED) await rotate(vault, clock, domain);

  // Asked for, it waits for whoever runs the keyring, however long that takes.
  const id = await rotateRoot();
  await live(schedule, clock, 3);
  expect(await rotation(id)).toMatchObject({ state: 'moving', waitsFor: 'operator', done: 0 });
  expect([server.key.newest, await rootsInUse()]).toEqual([1, [1]]);
  expect(await operator()).toEqual(['vault write -f transit/keys/integument/rotate']);
  server.key.rotate();
  await schedule.run();
  expect(await rotation(id)).toMatchObject({ state: 'done', waitsFor: null, toVersion: 2 });
  expect([await rootsInUse(), await operator()]).toEqual([[2], []]);

  // Over, and there as long as nobody trims it.
  clock.passDays(31);
  await live(schedule, clock, 2);
  clock.passDays(31);
  await schedule.run();
  const left = await vault.query(`SELECT FROM domain_key WHERE state = 'retiring'`);
  expect([left, await destroyedRoots()]).toEqual([[], []]);
  const trim = [
    'vault write transit/keys/integument/config min_decryption_version=2 min_encryption_version=2',
    'vault write transit/keys/integument/trim min_available_version=2',
  ];
  expect(await operator()).toEqual(trim);
  const today = () => clock.now.toISOString().slice(0, 10);
  expect(await reachOf(erasure)).toEqual({ on: today(), reached: false });
  expect(await inBackup()).toEqual(['gone@example.org', 'here@example.org']);

  // The first command alone can be taken back.
  server.key.oldest = 2;
  await schedule.run();
  expect([await destroyedRoots(), await operator()]).toEqual([[], trim]);
  expect(await reachOf(erasure)).toEqual({ on: today(), reached: false });
  await expect(inBackup()).rejects.toThrow(KeyringRefused);
  server.key.oldest = 1;
  expect(await inBackup()).toEqual(['gone@example.org', 'here@example.org']);

  server.key.oldest = 2;
  server.key.available = 2;
  clock.pass(LONG_MS);
  const day = today();
  await schedule.run();
  expect([await destroyedRoots(), await operator()]).toEqual([[1], []]);
  clock.passDays(5);
  expect(await reachOf(erasure)).toEqual({ on: day, reached: true });
  server.key.oldest = 1;
  await expect(inBackup()).rejects.toThrow(KeyringRefused);
  const entry = { action: 'keys.destroyed', details: { domain: 'root', version: 1 } };
  expect(await vault.entries()).toContainEqual(expect.objectContaining(entry));
  const restarted = await vault.another();
  expect(await addressesIn(restarted.keyring, restarted.dataSource)).toEqual(['here@example.org']);
  await restarted.leave();
}, 120_000);

it('a rotation of the root says that it waits for its operator only where there is something for them to do', async () => {
  const { root } = scheduleOf(vault, clock, { lives });
  const embedded = rotationServiceOf(vault, clock, 'embedded', lives);
  const waits = async (id: RotationId, service = told()) => {
    const { domains } = await run((tx) => service.list(tx, admin));
    const listed = domains.find(({ domain }) => domain === 'root')?.rotation?.waitsFor;
    return [(await run((tx) => service.read(tx, admin, id))).waitsFor, listed];
  };
  const prepared = await told().prepare('root');
  const begun = await run((tx) => told().begin(tx, admin, 'root', prepared));
  expect(begun.waitsFor).toBe('operator');
  const id = begun.rotation as RotationId;
  expect(await waits(id)).toEqual(['operator', 'operator']);
  expect(await waits(id, embedded)).toEqual(['rows', 'rows']);
  // The version is there, and the keys are not laid under it yet.
  server.key.rotate();
  await root.look();
  expect(await waits(id)).toEqual(['rows', 'rows']);
  await root.goOn();
  expect(await waits(id)).toEqual([null, null]);
});
