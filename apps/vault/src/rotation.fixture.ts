import { AuditLog } from '@integument/audit-log';
import type { ClientPseudonym, ErasureId } from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Catalogue } from './features/catalogue/index.js';
import type { Domain } from './features/keys/index.js';
import type { Clock } from './features/rotation/clock.js';
import {
  KeySchedule,
  moversOf,
  type Openers,
  RootKeys,
  RootStore,
  RotationStore,
  Rotations,
} from './features/rotation/index.js';
import type { KeyringNames } from './features/rotation/operator-steps.js';
import { RotationService } from './features/rotation/rotation.service.js';
import type { Why } from './features/rotation/rotation.store.js';
import { TestTokens } from './features/tokens/tokens.fixture.js';
import type { KeyLives } from './rotation-settings.js';
import { API, LIVES, SHOP, type TestVault } from './vault.fixture.js';

export const LEASE_MS = 15_000;
/** Longer than anything that a rotation waits for, sessions aside. */
export const LONG_MS = 200_000;
const DAY_MS = 86_400_000;

/** What the rotations of a test take for the time. */
export interface ToldTime {
  readonly read: Clock;
}

/** A clock that many share, and that goes when it is told to. */
export class TestClock implements ToldTime {
  #now = Date.now();
  readonly read = () => Promise.resolve(new Date(this.#now));

  get now(): Date {
    return new Date(this.#now);
  }

  pass(ms: number): void {
    this.#now += ms;
  }

  passDays(days: number): void {
    this.pass(days * DAY_MS);
  }
}

export function openersOf(vault: TestVault, catalogue?: Catalogue): Openers {
  const { keys, sealer: people, keeper } = vault;
  const tokens = new TestTokens(vault, catalogue);
  return { keys, people, keeper, tokens: tokens.sealer, catalogue: tokens.catalogue };
}

/** The rotations of one process. */
export function rotationsOf(
  vault: TestVault,
  clock: ToldTime,
  {
    batch = 7,
    sliceMs = Infinity,
    store = new RotationStore(),
    unitOfWork = vault.unitOfWork,
    catalogue,
  }: {
    batch?: number;
    sliceMs?: number;
    store?: RotationStore;
    unitOfWork?: UnitOfWork;
    catalogue?: Catalogue;
  } = {},
): Rotations {
  const { keys, keyring } = vault;
  const movers = (domain: string) => moversOf(domain, openersOf(vault, catalogue));
  return new Rotations(store, keys, keyring, movers, unitOfWork, new AuditLog(), {
    clock: clock.read,
    leaseMs: LEASE_MS,
    batch,
    // A test goes on as far as it can, on however slow a machine.
    sliceMs,
  });
}

export async function beginOf(
  vault: TestVault,
  clock: ToldTime,
  domain: Domain,
  why: Why = 'asked',
): Promise<Buffer | null> {
  const rotations = rotationsOf(vault, clock);
  const prepared = await rotations.prepare(domain);
  return vault.unitOfWork.run((tx) => rotations.begin(tx, prepared, why, null));
}

/** Begins one of a domain that is not being rotated. */
export async function begunOf(vault: TestVault, clock: TestClock, domain: Domain): Promise<Buffer> {
  const rotation = await beginOf(vault, clock, domain);
  if (!rotation) throw new Error('not begun');
  return rotation;
}

/** Rounds that are as far apart as anything is waited for. */
export async function goOn(rotations: Rotations, clock: TestClock, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await rotations.tick();
    clock.pass(LONG_MS);
  }
}

/** What a process does to keys by itself. */
export function scheduleOf(
  vault: TestVault,
  clock: ToldTime,
  {
    lives = LIVES,
    unitOfWork = vault.unitOfWork,
    sliceMs = Infinity,
    batch = 1_000,
  }: { lives?: KeyLives; unitOfWork?: UnitOfWork; sliceMs?: number; batch?: number } = {},
): { schedule: KeySchedule; root: RootKeys } {
  const { keys, keyring } = vault;
  const [store, audit] = [new RotationStore(), new AuditLog()];
  const rotations = rotationsOf(vault, clock, { batch, unitOfWork, sliceMs });
  const root = new RootKeys(new RootStore(), store, keys, keyring, unitOfWork, audit, clock.read);
  return { schedule: new KeySchedule(store, rotations, root, unitOfWork, audit, lives, clock.read), root };
}

/** What staff are told of keys, and what they begin. */
export function rotationServiceOf(
  vault: TestVault,
  clock: ToldTime,
  kind: KeyringNames['kind'] = 'embedded',
  lives = LIVES,
): RotationService {
  const { root } = scheduleOf(vault, clock, { lives });
  const names = { kind, mount: 'transit', key: 'integument' };
  const stores = [new RotationStore(), new RootStore()] as const;
  return new RotationService(
    ...stores,
    rotationsOf(vault, clock),
    root,
    new AuditLog(),
    lives,
    names,
    clock.read,
  );
}

/** Days go by, each with as many rounds as a rotation takes. */
export async function live(schedule: KeySchedule, clock: TestClock, days: number, rounds = 4): Promise<void> {
  for (let day = 0; day < days; day++) {
    for (let round = 0; round < rounds; round++) {
      await schedule.run();
      clock.pass(LONG_MS);
    }
    clock.passDays(1);
  }
}

/** What is left is looked at, and once more where there seems to be nothing. */
export async function settle(vault: TestVault, clock: TestClock): Promise<void> {
  for (let look = 0; look < 2; look++) {
    clock.pass(LONG_MS);
    await rotationsOf(vault, clock).tick();
  }
}

/** A whole rotation, with nobody else about. */
export async function rotate(vault: TestVault, clock: TestClock, domain: Domain): Promise<void> {
  await beginOf(vault, clock, domain);
  await goOn(rotationsOf(vault, clock, { batch: 1_000 }), clock, 5);
}

export interface RotationState {
  readonly state: string;
  readonly moved: number;
  readonly total: number;
  readonly waiting: number;
}

/** How far the newest rotation of a domain is. */
export async function stateOf(vault: TestVault, domain: Domain): Promise<RotationState | undefined> {
  const sql =
    'SELECT state, moved::int, total::int, waiting::int FROM rotation WHERE domain = $1 ORDER BY started_at DESC LIMIT 1';
  return (await vault.query<RotationState>(sql, [domain]))[0];
}

/** Erases somebody as the shop asks for it, to the end. */
export async function erase(vault: TestVault, name: ClientPseudonym): Promise<ErasureId> {
  const reason = { code: 'rights-request', reference: 'CASE-1' } as const;
  const { erasures, unitOfWork } = vault;
  const { erasure } = await unitOfWork.run((tx) => erasures.requestFor(tx, SHOP, name, reason, null));
  await unitOfWork.run((tx) => erasures.gatesClosed(tx, API, erasure));
  return erasure;
}

export interface Version {
  readonly key_id: number;
  readonly version: number;
  readonly state: string;
  readonly empty: boolean;
}

export function versionsOf(vault: TestVault, domain: Domain): Promise<Version[]> {
  return vault.query<Version>(
    `SELECT key_id, version, state, emptied_at IS NOT NULL AS empty FROM domain_key WHERE domain = $1 ORDER BY version`,
    [domain],
  );
}

/** What the next process does. A connection that was killed stays in the pool until it is used: that is no answer yet. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === 'ECONNRESET' || message.startsWith('Connection terminated')) return again(work);
    throw error;
  }
}

export type Fault = 'before' | 'after' | 'killed';

/** Transactions of a process that dies at its nth statement: before or after it, or with its connection ended by the server. */
export function dyingAt(vault: TestVault, nth: number, how: Fault): UnitOfWork & { readonly died: boolean } {
  let count = 0;
  let died = false;
  const faulty = (tx: Tx): Tx => ({
    async query<Row>(statement: Parameters<Tx['query']>[0], values?: readonly unknown[]): Promise<Row[]> {
      if (died) throw new Error('dead');
      const dies = ++count === nth;
      died = dies;
      if (dies && how === 'before') throw new Error('died');
      if (dies && how === 'killed') await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
      const rows = await tx.query<Row>(statement, values);
      if (dies) throw new Error('died');
      return rows;
    },
    send(statement, values) {
      if (died) throw new Error('dead');
      const dies = ++count === nth;
      died = dies;
      if (dies && how === 'before') throw new Error('died');
      if (dies && how === 'killed') tx.send('SELECT pg_terminate_backend(pg_backend_pid())');
      tx.send(statement, values);
      if (dies) throw new Error('died');
    },
  });
  return {
    get died() {
      return died;
    },
    run: <T>(work: (tx: Tx) => Promise<T>) => vault.unitOfWork.run((tx) => work(faulty(tx))),
    single: <T>(work: (tx: Tx) => Promise<T>) => vault.unitOfWork.single((tx) => work(faulty(tx))),
  } as UnitOfWork & { readonly died: boolean };
}
