import { staff } from '@integument/authz';
import type { ClientPseudonym } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import type { Statement, Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OTHER_SHOP, SHOP, TestVault } from '../../vault.fixture.js';

const REASON = { code: 'legal', reference: 'CASE-7' } as const;
const OFFICER: Asker = {
  caller: staff({ id: 'olivia', session: 's', roles: ['privacy-officer'] }),
  requestId: 'req-olivia',
};

let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());

const ANYWHERE = { regions: null, moves: null, shown: null };

type Work = (tx: Tx, asker: Asker, name: ClientPseudonym) => Promise<unknown>;
/** Everything that a route does to a person by a name. */
const WORKS: Readonly<Record<string, Work>> = {
  read: (tx, asker, name) => vault.people.read(tx, asker, name, null),
  update: (tx, asker, name) =>
    vault.people.update(tx, asker, name, { fields: { given_name: 'Eve' } }, ANYWHERE),
  reveal: (tx, asker, name) => {
    const purpose = asker === OFFICER ? ('legal-obligation' as const) : ('delivery' as const);
    const wish = { fields: ['email' as const], purpose, form: 'plain' as const, reason: REASON };
    const grant = { regions: null, policies: [{ id: 'all', regions: null }] };
    return vault.people.reveal(tx, asker, name, wish, grant);
  },
  erase: (tx, asker, name) => vault.erasures.requestFor(tx, asker, name, REASON, null),
};

/** What a work says to a name, and the statements that it asked the database on the way. */
async function done(work: Work, asker: Asker, name: string): Promise<{ said: string; asked: string[] }> {
  const asked: string[] = [];
  const said = await vault.unitOfWork
    .run((tx) => {
      const note = (statement: Statement | string) =>
        asked.push(typeof statement === 'string' ? statement : statement.text);
      const counted: Tx = {
        query: (statement, values) => {
          note(statement);
          return tx.query(statement, values);
        },
        send: (statement, values) => {
          note(statement);
          tx.send(statement, values);
        },
      };
      return work(counted, asker, name as ClientPseudonym);
    })
    .then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code ?? String(error),
    );
  return { said, asked };
}

describe.each(Object.keys(WORKS))('to %s somebody', (what) => {
  const work = WORKS[what] as Work;
  const somebody = () => vault.enrol({ fields: { email: 'ada@example.org', given_name: 'Ada' } });

  it('by a name that is another’s asks the database one question, the one that a name of nobody’s asks', async () => {
    const name = await somebody();
    for (const asker of [OTHER_SHOP, OFFICER]) {
      const foreign = await done(work, asker, name);
      const nobodys = await done(work, asker, encodeId('cps', randomId()));
      expect(foreign).toEqual(nobodys);
      expect([foreign.said, foreign.asked.length]).toEqual(['people.not_found', 1]);
    }
  });

  it('who is being erased asks the same, of their own client too', async () => {
    const name = await somebody();
    await done(WORKS.erase as Work, SHOP, name);
    const [gone, nobodys] = [
      await done(work, SHOP, name),
      await done(work, SHOP, encodeId('cps', randomId())),
    ];
    expect(gone.said).toBe(nobodys.said);
    // To erase again is refused by the row that says so: only the client that had the name gets as far.
    expect(gone.asked.slice(0, 1)).toEqual(nobodys.asked);
  });

  it('by one’s own name works, and asks more', async () => {
    const { said, asked } = await done(work, SHOP, await somebody());
    expect(said).toBe('done');
    expect(asked.length).toBeGreaterThan(1);
  });
});
