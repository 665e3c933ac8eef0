import { client, person } from '@integument/authz';
import { type Pseudonym, PURPOSE_NAMES, type PurposeName } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { knownPermit, TestApi } from '../../api.fixture.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

let asked: number;
beforeEach(() => {
  asked = 0;
  vi.restoreAllMocks();
  // Counts, and passes on: everything that the service asks goes through one of these.
  for (const way of ['single', 'run'] as const) {
    const real = api.unitOfWork[way].bind(api.unitOfWork);
    vi.spyOn(api.unitOfWork, way).mockImplementation((work) => {
      asked++;
      return real(work);
    });
  }
});

const app = client({ clientId: 'app', use: 'health', purposes: PURPOSE_NAMES });

/** As the routes do it: which permit is meant, then through its gate. */
async function outcome(
  caller: Parameters<typeof api.permits.pseudonymOf>[0],
  purpose: PurposeName,
  named: string,
) {
  asked = 0;
  try {
    const pseudonym = api.permits.pseudonymOf(caller, purpose, named);
    await api.permits.through(pseudonym, purpose, () => Promise.resolve());
    return ['let through', asked];
  } catch (error) {
    return [(error as { code?: string }).code ?? String(error), asked];
  }
}

const nobodys = () => encodeId('psn', randomId());

describe.each(PURPOSE_NAMES)('a permit for %s', (purpose) => {
  it('named for another purpose is answered with the one question that one of nobody’s is', async () => {
    const { pseudonym } = await api.openGate(purpose);
    const named = encodeId('psn', pseudonym);
    for (const other of PURPOSE_NAMES.filter((name) => name !== purpose)) {
      expect(await outcome(app, other, named)).toEqual(await outcome(app, other, nobodys()));
      expect(await outcome(app, other, named)).toEqual(['permits.not_found', 1]);
    }
  });

  it('of somebody else is answered without any question, as one of nobody’s is', async () => {
    const theirs = encodeId('psn', (await api.openGate(purpose)).pseudonym) as Pseudonym;
    const anna = person({ id: 'anna', session: 's', permits: PURPOSE_NAMES.map(knownPermit) });
    expect(await outcome(anna, purpose, theirs)).toEqual(['permits.not_found', 0]);
    expect(await outcome(anna, purpose, nobodys())).toEqual(['permits.not_found', 0]);
  });

  it('named for its own purpose is found: its key is asked for, which this test has no vault for', async () => {
    const { pseudonym } = await api.openGate(purpose);
    const [said, questions] = await outcome(app, purpose, encodeId('psn', pseudonym));
    expect(said).not.toBe('permits.not_found');
    expect(questions).toBeGreaterThan(0);
  });
});
