import type { RouteContract } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { declaredRoutes } from '../../docs/routes.js';

/** What says how much somebody may do, wherever it stands in a body. */
const POWERS = /^(roles?|abilit(y|ies)|scopes?|permissions?|purposes|revealPurposes|use|audiences?)$/;
/** Here a second person is asked, or will be, and nothing given yet. An emergency, in which one is asked afterwards, gives nobody anything. */
const ASKING = ['approvals.request', 'rules.draft'];
/** Sample questions, which change nothing. */
const TRYING = 'rules.try';

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
  const giving = open.filter(
    (route) => route.id !== TRYING && [...namesIn(bodyOf(route))].some((name) => POWERS.test(name)),
  );

  it('without a second person’s approval for just that', () => {
    expect(giving.map(({ id }) => id)).toEqual(expect.arrayContaining(['staff.appoint', ...ASKING]));
    const alone = giving.filter((route) => {
      const schema = bodyOf(route) as { required?: string[] } | undefined;
      return !schema?.required?.includes('approval');
    });
    expect(alone.map(({ id }) => id).sort()).toEqual(ASKING);
  });

  it('to an old session: each wants a factor that was used just now', () => {
    expect(giving.filter(({ stepUp }) => !stepUp).map(({ id }) => id)).toEqual([]);
  });

  it('nor changes who is staff without one, whatever its body says', () => {
    const changing = open.filter(({ ability }) => ability?.resource === 'Staff' && ability.action !== 'read');
    expect(changing.length).toBeGreaterThan(2);
    for (const route of changing)
      expect([route.id, (bodyOf(route) as { required: string[] }).required]).toEqual([
        route.id,
        expect.arrayContaining(['approval']),
      ]);
  });
});
