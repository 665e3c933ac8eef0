import type { RouteContract } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { declaredRoutes } from '../../docs/routes.js';

/** What says how much somebody may do, wherever it stands in a body. */
const POWERS =
  /^(roles?|abilit(y|ies)|scopes?|permissions?|purposes|revealPurposes|use|audiences?|regions|credentials?|dpop|vouchesFor)$/;
/** Here a second person is asked, or will be, and nothing given yet. An emergency, in which one is asked afterwards, gives nobody anything. */
const ASKING = ['approvals.request', 'rules.draft'];
/** These have such a name and give nobody anything. */
const HARMLESS = [
  // Sample questions, which change nothing.
  'rules.try',
  // Takes a credential from its client.
  'clients.retire_credential',
  // Where the credential is a passkey, of whoever has the session.
  'factors.enrol_passkey',
  'factors.use_passkey',
];
/**
 * This gives somebody power over a child, on the word of one client alone: GDPR Art. 8(2) asks whoever offers the service to make
 * reasonable efforts, and of two people only the client that knows both can. What it saw, and that it said so, is on record (ADR 31).
 */
const VOUCHED = ['guardianships.make'];
/** What gives power, whatever its body says; here what doesn't. */
const FREE: Readonly<Record<string, readonly string[]>> = {
  Staff: ['read'],
  Client: ['read', 'suspend'],
  Rule: ['read', 'draft', 'try'],
};

function namesIn(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) found.add(name);
    namesIn(value, found);
  }
  return found;
}

function bodyOf({ body }: RouteContract) {
  return body && z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
}

// At Fides whoever could create or change an OAuth client gave it scopes that they had not themselves, and went on as that client
// (CVE-2025-57817). Here nothing that says what somebody may do is changed by one alone, however much they may.
describe('no route gives anybody more than they had (CVE-2025-57817, Fides)', () => {
  // Between our own processes nobody is given anything.
  const open = declaredRoutes().filter(({ path }) => !path.startsWith('/internal/'));
  const naming = open.filter((route) => [...namesIn(bodyOf(route))].some((name) => POWERS.test(name)));
  const giving = naming.filter(({ id }) => ![...HARMLESS, ...VOUCHED].includes(id));

  it('without a second person’s approval for just that', () => {
    expect(giving.map(({ id }) => id)).toEqual(expect.arrayContaining(['staff.appoint', ...ASKING]));
    expect(naming.map(({ id }) => id)).toEqual(expect.arrayContaining([...HARMLESS, ...VOUCHED]));
    const alone = giving.filter((route) => {
      const schema = bodyOf(route) as { required?: string[] } | undefined;
      return !schema?.required?.includes('approval');
    });
    expect(alone.map(({ id }) => id).sort()).toEqual(ASKING);
  });

  it('to an old session: each wants a factor that was used just now', () => {
    expect(giving.filter(({ stepUp }) => !stepUp).map(({ id }) => id)).toEqual([]);
  });

  it('nor changes who is staff, what a client app is or which rules are in force without one, whatever its body says', () => {
    const changing = open.filter(({ ability }) => {
      const free = ability && FREE[ability.resource];
      return free && !free.includes(ability.action);
    });
    expect(changing.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['staff.dismiss', 'clients.add_credential', 'clients.resume', 'rules.enact']),
    );
    for (const route of changing)
      expect([route.id, (bodyOf(route) as { required?: string[] } | undefined)?.required]).toEqual([
        route.id,
        expect.arrayContaining(['approval']),
      ]);
  });
});
