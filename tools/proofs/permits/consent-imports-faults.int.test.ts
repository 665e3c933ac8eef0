import {
  mintImportedPermits,
  pendingConsentImports,
  type RouteContract,
  settleConsentImports,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { type Tx, UnitOfWork } from '@integument/database';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConsentImports, ImportedGatesStore } from '../../../apps/api/src/features/consent-imports/index.js';
import { RegisterStore } from '../../../apps/api/src/features/register/index.js';
import { Crash } from './crash.js';
import { ImportingShop } from './importing-shop.js';
import { FAULTS } from './in-process-vault.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const ROUTES: readonly RouteContract[] = [pendingConsentImports, mintImportedPermits, settleConsentImports];

let planes: TwoPlanes;
let shop: ImportingShop;
beforeAll(async () => {
  planes = await TwoPlanes.open();
  shop = new ImportingShop(planes);
});
afterAll(() => planes.close());
beforeEach(() => planes.line.heal());

describe.each(ROUTES)('a call of $id', (route) => {
  it.each(FAULTS)('that is %s is made good by the next round', async (fault) => {
    const { brought, names } = await batch(5);
    planes.line.failNext(route, fault);
    await tolerating(planes.api.imports.carryOut());
    expect(planes.line.hasFailed).toBe(true);
    await expectAllOpened(brought, names);
  });

  it.each(FAULTS)(
    'that is %s is made good after the reconciler has closed what stayed open',
    async (fault) => {
      const { brought, names } = await batch(5);
      planes.line.failNext(route, fault);
      await tolerating(planes.api.imports.carryOut());
      await planes.settle();
      await expectAllOpened(brought, names);
    },
  );
});

describe('a process that ends', () => {
  it.each([0, 1])(
    'before or after each of its commits (%s) leaves what the next round finishes',
    async (after) => {
      for (let commit = 0; commit < 2; commit++) {
        for (const isReconciled of [false, true]) {
          const { brought, names } = await batch(3);
          const mortal = new MortalUnitOfWork(commit, after === 1);
          await expect(importsOn(mortal).carryOut()).rejects.toThrow(Crash);
          if (isReconciled) await planes.settle();
          await expectAllOpened(brought, names);
        }
      }
    },
  );

  it('is many at once, and none opens what another one has opened', async () => {
    const { brought, names } = await batch(50);
    await Promise.all(Array.from({ length: 4 }, () => tolerating(planes.api.imports.carryOut())));
    await expectAllOpened(brought, names);
  });
});

describe('a no between the reconciler and the next round', () => {
  it.each(['withdraw', 'refuse'] as const)('holds, and the import is refused: %s', async (no) => {
    const { name, person: before } = await shop.customer();
    const { import: brought } = await shop.bring([shop.consentOf(name)]);
    planes.line.failNext(mintImportedPermits, 'crash-after');
    expect(await tolerating(planes.api.imports.carryOut())).toBe('crashed');
    await planes.settle();
    const person = await before.again();
    expect(await person[no]()).toMatchObject({ state: 'frozen', confirmed: true });
    await planes.api.imports.carryOut();
    expect(await person.state()).toBe('frozen');
    expect(await person.expressed()).toEqual(['withdrawn web']);
    expect(await shop.stateOf(brought)).toMatchObject({
      pending: 0,
      done: 0,
      refusals: [{ code: 'consent_imports.decided_here' }],
    });
    await planes.settle();
    expect(await planes.contradictions()).toEqual([]);
  });
});

/** Ends the process at one of its transactions: before it commits, or after. */
class MortalUnitOfWork extends UnitOfWork {
  #left: number;

  constructor(
    commit: number,
    private readonly after: boolean,
  ) {
    super(planes.api.dataSource);
    this.#left = commit;
  }

  override async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#left-- > 0) return super.run(work);
    if (this.after) await super.run(work);
    throw new Crash();
  }
}

function importsOn(unitOfWork: UnitOfWork): ConsentImports {
  const store = new ImportedGatesStore();
  return new ConsentImports(
    store,
    planes.api.gates,
    new RegisterStore(),
    planes.api.vault,
    planes.api.audit,
    unitOfWork,
  );
}

async function batch(size: number) {
  const names = await shop.customers(size);
  return { brought: (await shop.bring(names.map((name) => shop.consentOf(name)))).import, names };
}

async function expectAllOpened(brought: string, names: readonly string[]) {
  for (let round = 0; round < 3; round++) await planes.api.imports.carryOut();
  expect(await shop.stateOf(brought)).toMatchObject({ pending: 0, done: names.length, refusals: [] });
  await planes.settle();
  for (const name of names) {
    const gates = await planes.vault.query<{ gate_id: Buffer }>(
      `SELECT gate_id FROM permit JOIN client_pseudonym c USING (person_id) WHERE c.pseudonym = $1 AND state = 'open'`,
      [decodeId('cps', name)],
    );
    expect(gates).toHaveLength(1);
    const events = await planes.api.query('SELECT kind, channel FROM consent_event WHERE gate_id = $1', [
      gates[0]?.gate_id,
    ]);
    expect(events).toEqual([{ kind: 'given', channel: 'import' }]);
  }
  expect(await planes.contradictions()).toEqual([]);
}
