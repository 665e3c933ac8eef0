import {
  type ConsentState,
  destroyPermit,
  freezePermit,
  type GateId,
  openPermit,
  type RouteContract,
  resumePermit,
} from '@integument/contracts';
import { decodeId, encodeId } from '@integument/crypto';
import { OutboxWorker } from '@integument/database';
import type { Asker } from '@integument/http';
import { FixedClock, proofCount, seededRandom } from '@integument/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import { FREEZE_TOPIC, GateReconciler } from '../../../apps/api/src/features/consent/index.js';
import type { ApiPerson } from '../../../apps/api/src/platform/callers.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { Crash, type Fault, InProcessVault } from './in-process-vault.js';

const PURPOSE = 'ingest';
const FAULTS: readonly Fault[] = ['lost', 'unanswered', 'crash-before', 'crash-after'];

let vault: TestVault;
let line: InProcessVault;
let api: TestApi;
let outbox: OutboxWorker;
let reconciler: GateReconciler;
const clock = new FixedClock();

beforeAll(async () => {
  vault = await TestVault.open();
  line = new InProcessVault(vault);
  api = await TestApi.open(line.asClient());
  outbox = new OutboxWorker({
    unitOfWork: api.unitOfWork,
    handlers: {
      [FREEZE_TOPIC]: async (payload) => {
        await api.vault.call(freezePermit, { body: payload as { gate: GateId; epoch: number } });
      },
    },
    onFailure: () => undefined,
    backoffMs: 0,
  });
});
afterAll(async () => {
  await api.close();
  await vault.close();
});
beforeEach(() => {
  const now = () => clock.now().getTime();
  reconciler = new GateReconciler(api.gates, api.ending, api.unitOfWork, 60_000, now);
});

/** Somebody signed in at both apps, with nothing agreed to. */
class Person {
  private static count = 0;

  private constructor(
    readonly personId: Buffer,
    private secret: string,
  ) {}

  static async signedIn(): Promise<Person> {
    const name = await vault.enrol({ fields: { email: `c${++Person.count}@example.org` } });
    const personId = await vault.personIdOf(name);
    return new Person(personId, await Person.session(personId));
  }

  /** Signs in once more, elsewhere. */
  async again(): Promise<Person> {
    return new Person(this.personId, await Person.session(this.personId));
  }

  give = async (): Promise<ConsentState> =>
    api.consent.give(await this.asker(), PURPOSE, api.agreementTo(PURPOSE));
  list = async () => api.consents.list(await this.asker());
  withdraw = async () => api.takingBack.withdraw(await this.asker(), PURPOSE);
  history = async () =>
    (await api.consents.history(await this.asker(), PURPOSE)).events.map(({ kind }) => kind);

  async store(): Promise<boolean> {
    try {
      const pseudonym = api.permits.pseudonymOf((await this.asker()).caller, PURPOSE, undefined);
      await api.permits.through(pseudonym, PURPOSE, async (tx) => tx.query('SELECT 1'));
      return true;
    } catch {
      return false;
    }
  }

  /** As a request does: the session is read anew each time. */
  private asker(): Promise<Asker<ApiPerson>> {
    return api.asker(this.secret);
  }

  /** The vault tells a new session which permits there are. */
  private static async session(personId: Buffer): Promise<string> {
    const permits = await vault.unitOfWork.run((tx) => vault.permits.ofPerson(tx, personId));
    return api.openSession(sessionContent(await vault.sessionOf(personId), permits));
  }
}

/** What the worker does after a crash, without waiting for wall time. */
async function recover(): Promise<void> {
  await reconciler.run();
  clock.advance({ minutes: 2 });
  await reconciler.run();
  while ((await outbox.work()) > 0);
}

/** Gates whose permit in the vault says something else. */
async function contradictions(): Promise<unknown[]> {
  const gates = await api.query<{ gate_id: Buffer; state: string }>('SELECT gate_id, state FROM permit_gate');
  const permits = await vault.query<{ gate_id: Buffer; state: string }>('SELECT gate_id, state FROM permit');
  const states = new Map(permits.map(({ gate_id, state }) => [gate_id.toString('hex'), state]));
  return gates.filter(({ gate_id, state }) => {
    const permit = states.get(gate_id.toString('hex'));
    if (state === 'open') return permit !== 'open';
    return state === 'opening' || permit === 'open' || (state === 'destroyed' && permit === 'frozen');
  });
}

/** Runs something that may crash; a crash and a refusal are answers, anything else is a fault of ours. */
async function tolerating(work: Promise<unknown>): Promise<'answered' | 'refused' | 'crashed'> {
  try {
    await work;
    return 'answered';
  } catch (error) {
    if (error instanceof Crash) return 'crashed';
    if ((error as { code?: string }).code) return 'refused';
    throw error;
  }
}

describe('consent', () => {
  it('is given, withdrawn and renewed, under one pseudonym', async () => {
    const person = await Person.signedIn();
    expect(await person.store()).toBe(false);
    const given = await person.give();
    expect(given).toMatchObject({ purpose: PURPOSE, state: 'open', dueOn: null });
    expect(await person.store()).toBe(true);
    const { state, confirmed } = await person.withdraw();
    expect({ state: state.state, confirmed }).toEqual({ state: 'frozen', confirmed: true });
    expect(state.dueOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await person.store()).toBe(false);
    expect((await person.give()).permit).toBe(given.permit);
    expect(await person.store()).toBe(true);
    expect(await person.history()).toEqual(['given', 'withdrawn', 'renewed']);
    expect(await contradictions()).toEqual([]);
  });

  it('given twice is given once, also by two sessions at the same time', async () => {
    const person = await Person.signedIn();
    const elsewhere = await person.again();
    const outcomes = await Promise.allSettled([
      person.give(),
      elsewhere.give(),
      person.give(),
      elsewhere.give(),
    ]);
    const permits = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value.permit] : []));
    expect(permits.length).toBeGreaterThan(0);
    expect(new Set(permits).size).toBe(1);
    await person.give();
    expect(await person.history()).toEqual(['given']);
    await recover();
    expect(await contradictions()).toEqual([]);
  });

  it('withdrawn while the vault is away is closed at once; the vault hears of it later', async () => {
    const person = await Person.signedIn();
    await person.give();
    line.failNext(freezePermit, 'lost');
    expect((await person.withdraw()).confirmed).toBe(false);
    expect(await person.store()).toBe(false);
    expect(await contradictions()).toHaveLength(1);
    await recover();
    expect(await contradictions()).toEqual([]);
  });

  it('that was never given cannot be withdrawn', async () => {
    const person = await Person.signedIn();
    await expect(person.withdraw()).rejects.toMatchObject({ code: 'consent.not_given' });
  });
});

describe('an opening that is overtaken', () => {
  /** Consent that is being renewed: the vault has answered, the answer is still on its way. */
  async function renewing() {
    const person = await Person.signedIn();
    await person.give();
    await person.withdraw();
    const elsewhere = await person.again();
    const { underWay, release } = line.delayNext(resumePermit);
    const given = tolerating(person.give());
    await underWay;
    return { elsewhere, release, given };
  }

  it('by a withdrawal does not open', async () => {
    const { elsewhere, release, given } = await renewing();
    expect((await elsewhere.withdraw()).state.state).toBe('frozen');
    release();
    expect(await given).toBe('refused');
    expect(await elsewhere.store()).toBe(false);
    await recover();
    expect(await contradictions()).toEqual([]);
  });

  it('by a withdrawal and another opening, which fails, does not open in its place', async () => {
    const { elsewhere, release, given } = await renewing();
    await elsewhere.withdraw();
    line.failNext(resumePermit, 'lost');
    expect(await tolerating(elsewhere.give())).toBe('refused');
    release();
    expect(await given).toBe('refused');
    expect(await elsewhere.store()).toBe(false);
    await recover();
    expect(await contradictions()).toEqual([]);
  });
});

describe('a session that is older than a consent given elsewhere', () => {
  it('shows it, so that it can be taken back', async () => {
    const person = await Person.signedIn();
    const elsewhere = await person.again();
    await elsewhere.give();
    const shown = async () => (await person.list()).find(({ purpose }) => purpose === PURPOSE)?.state;
    expect(await shown()).toBe('open');
    await person.withdraw();
    expect(await shown()).toBe('frozen');
  });
});

describe('a session that remembers a permit which has been erased since', () => {
  it('withdraws the one that was given elsewhere in its place', async () => {
    const person = await Person.signedIn();
    const { permit } = await person.give();
    const old = await person.again();
    await person.withdraw();
    await eraseNow(permit);
    const elsewhere = await person.again();
    await elsewhere.give();
    expect(await elsewhere.store()).toBe(true);
    expect((await old.withdraw()).state.state).toBe('frozen');
    expect(await elsewhere.store()).toBe(false);
    expect(await contradictions()).toEqual([]);
  });

  it('has nothing to withdraw where nothing was given since', async () => {
    const person = await Person.signedIn();
    const { permit } = await person.give();
    await person.withdraw();
    await eraseNow(permit);
    await expect(person.withdraw()).rejects.toThrow('consent.not_given');
  });
});

/** As the worker erases a permit whose time is up. */
async function eraseNow(permit: ConsentState['permit']): Promise<void> {
  const pseudonym = decodeId('psn', permit ?? '');
  const gate = await api.unitOfWork.single((tx) => api.gates.findByPseudonym(tx, pseudonym));
  if (!gate) throw new Error('no gate');
  const name = encodeId('gat', gate.gate_id) as GateId;
  await api.vault.call(destroyPermit, { body: { gate: name, epoch: gate.epoch } });
  await api.unitOfWork.run((tx) => api.gates.destroy(tx, gate.gate_id));
}

describe.each(FAULTS)('a call that is %s', (fault) => {
  it('while consent is given leaves nothing open, and consent can be given again', async () => {
    const person = await Person.signedIn();
    line.failNext(openPermit, fault);
    expect(await tolerating(person.give())).not.toBe('answered');
    expect(line.hasFailed).toBe(true);
    expect(await person.store()).toBe(false);
    await recover();
    expect(await contradictions()).toEqual([]);
    expect((await person.give()).state).toBe('open');
    expect(await person.store()).toBe(true);
    expect(await contradictions()).toEqual([]);
  });

  it('while consent is given is finished by simply giving it again', async () => {
    const person = await Person.signedIn();
    line.failNext(openPermit, fault);
    await tolerating(person.give());
    expect((await person.give()).state).toBe('open');
    await recover();
    expect(await contradictions()).toEqual([]);
  });

  it('while consent is renewed leaves it withdrawn, and it can be renewed again', async () => {
    const person = await Person.signedIn();
    await person.give();
    await person.withdraw();
    line.failNext(resumePermit, fault);
    expect(await tolerating(person.give())).not.toBe('answered');
    expect(await person.store()).toBe(false);
    await recover();
    expect(await contradictions()).toEqual([]);
    expect((await person.give()).state).toBe('open');
  });

  it('while consent is withdrawn does not keep it open', async () => {
    const person = await Person.signedIn();
    await person.give();
    line.failNext(freezePermit, fault);
    await tolerating(person.withdraw());
    expect(await person.store()).toBe(false);
    await recover();
    expect(await contradictions()).toEqual([]);
  });
});

describe('a person of many minds', () => {
  type Word = readonly ['give' | 'withdraw' | 'recover', session: 0 | 1, Fault | null];
  const ROUTES: Readonly<Record<string, readonly RouteContract[]>> = {
    give: [openPermit, resumePermit],
    withdraw: [freezePermit],
    recover: [freezePermit],
  };
  const words = fc.array(
    fc.tuple(
      fc.constantFrom<Word[0]>('give', 'withdraw', 'recover'),
      fc.constantFrom<0 | 1>(0, 1),
      fc.option(fc.constantFrom(...FAULTS), { freq: 2 }),
      fc.nat(1),
    ),
    { minLength: 2, maxLength: 10 },
  );

  it('is understood whatever fails on the way: the last answered word holds, and both halves agree', async () => {
    await fc.assert(
      fc.asyncProperty(words, async (sequence) => {
        const first = await Person.signedIn();
        const sessions = [first, await first.again()] as const;
        let mayStore = new Set([false]);
        for (const [word, session, fault, which] of sequence) {
          const person = sessions[session];
          const route = ROUTES[word]?.[which % (ROUTES[word]?.length ?? 1)];
          if (fault && route) line.failNext(route, fault);
          if (word === 'recover') await recover();
          else {
            const said = await tolerating(word === 'give' ? person.give() : person.withdraw());
            if (said === 'answered') mayStore = new Set([word === 'give']);
            else if (word === 'withdraw') mayStore.add(false);
            // What was never answered is never open, unless it was before.
          }
          line.heal();
          expect(mayStore, `${word} ${fault}`).toContain(await (await first.again()).store());
        }
        await recover();
        expect(await contradictions()).toEqual([]);
        expect((await first.give()).state).toBe('open');
      }),
      { numRuns: proofCount(40, 600) },
    );
  }, 300_000);

  it('who says all of it at the same time is left with halves that agree', async () => {
    const random = seededRandom();
    for (let round = 0; round < proofCount(15, 150); round++) {
      const first = await Person.signedIn();
      const sessions = [first, await first.again(), await first.again()];
      const words = Array.from({ length: 8 }, async () => {
        const person = random.pick(sessions);
        if (random.chance(0.1)) return recover();
        return tolerating(random.chance(0.5) ? person.give() : person.withdraw());
      });
      await Promise.all(words);
      await recover();
      expect(await contradictions(), `SEED=${random.seed}, round ${round}`).toEqual([]);
      const again = await first.again();
      expect((await again.give()).state).toBe('open');
      await again.withdraw();
      for (const session of sessions) expect(await session.store()).toBe(false);
    }
  }, 120_000);
});
