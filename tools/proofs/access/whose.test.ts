import { person } from '@integument/authz';
import { PURPOSE_NAMES, type PurposeName, type RouteContract } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { knownPermit } from '../../../apps/api/src/api.fixture.js';
import { PermitsService } from '../../../apps/api/src/features/permits/permits.service.js';
import type { KnownPermit } from '../../../apps/api/src/platform/callers.js';
import { declaredRoutes } from '../../docs/routes.js';
import { everyCaller } from './callers.fixture.js';
import { API_MODEL, type Model, VAULT_MODEL } from './model.fixture.js';

/**
 * Whose a thing is, the stores and services decide. Of people in the vault they ask the database: see foreign-ids.e2e.test.ts. What
 * can be decided without one is decided here.
 */
const permits = new PermitsService(undefined as never, undefined as never, undefined as never);

/** By the resource: the purpose whose permits lead there. */
const LEADS_TO: Readonly<Record<string, PurposeName>> = {
  'store Reading': 'ingest',
  'read Reading': 'ingest',
  'record PreferenceEvent': 'recommendation',
  'read Recommendation': 'recommendation',
};

const mine = PURPOSE_NAMES.map(knownPermit);
const theirs = PURPOSE_NAMES.map(knownPermit);
const of = (held: readonly KnownPermit[], purpose: PurposeName) =>
  held.find((permit) => permit.purpose === purpose)?.pseudonym as string;

function outcome(look: () => Buffer): string {
  try {
    return look().toString('hex');
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

describe.each(Object.entries(LEADS_TO))('who may %s', (ability, purpose) => {
  const bytes = (held: readonly KnownPermit[]) => decodeId('psn', of(held, purpose)).toString('hex');
  const anna = person({ id: 'anna', session: 's', permits: mine });

  it('does so with one’s own permit, named or not, and no other', () => {
    expect(API_MODEL.person[ability]?.of).toBe('own');
    expect(outcome(() => permits.pseudonymOf(anna, purpose, undefined))).toBe(bytes(mine));
    expect(outcome(() => permits.pseudonymOf(anna, purpose, of(mine, purpose)))).toBe(bytes(mine));
    const foreign = [
      ...theirs.map(({ pseudonym }) => pseudonym),
      ...mine.filter((permit) => permit.purpose !== purpose).map(({ pseudonym }) => pseudonym),
      'psn_',
      '',
      [of(theirs, purpose)],
    ];
    for (const name of foreign)
      expect(outcome(() => permits.pseudonymOf(anna, purpose, name))).toBe('permits.not_found');
  });

  it('or, without any, with nobody’s', () => {
    const fresh = person({ id: 'bert', session: 's', permits: [] });
    for (const name of [undefined, of(mine, purpose), of(theirs, purpose)])
      expect(outcome(() => permits.pseudonymOf(fresh, purpose, name))).toBe('permits.not_found');
  });

  it('or is a client that is registered for it and names one that it was handed', () => {
    for (const { caller, title, roles, registered } of everyCaller()) {
      if (caller.kind === 'person') continue;
      const model = roles.flatMap((role) => API_MODEL[role][ability] ?? []);
      const may = model.some(({ with: needed }) => needed !== undefined && registered.includes(needed));
      const named = outcome(() => permits.pseudonymOf(caller, purpose, of(mine, purpose)));
      expect([title, named]).toEqual([title, may ? bytes(mine) : 'permits.not_found']);
      const unnamed = outcome(() => permits.pseudonymOf(caller, purpose, undefined));
      expect([title, unnamed]).toEqual([title, may ? 'permits.header_missing' : 'permits.not_found']);
    }
  });
});

describe('what is one’s own to everybody who has it', () => {
  const models: Model[] = [VAULT_MODEL, API_MODEL];
  const nameless = ['Self', 'Session', 'Consent', 'Ability'];

  it('is asked for by no name, so that nobody else’s can be', () => {
    const routes = declaredRoutes().filter(({ ability }) => nameless.includes(ability?.resource ?? ''));
    expect(routes.length).toBeGreaterThan(8);
    for (const route of routes) expect([route.id, namesOf(route)]).toEqual([route.id, []]);
    for (const model of models)
      for (const abilities of Object.values(model))
        for (const [name, { of }] of Object.entries(abilities))
          if (nameless.includes(name.split(' ')[1] ?? '')) expect([name, of]).toEqual([name, 'own']);
  });
});

/** What of a request could name somebody's: everything but a declared purpose, the notice that was read, and where. */
function namesOf({ params, query, body }: RouteContract): string[] {
  const fields = [params, query, body].flatMap((schema) => {
    const json = schema && (z.toJSONSchema(schema, { io: 'input' }) as { properties?: object });
    return Object.keys(json?.properties ?? {});
  });
  return fields.filter((name) => !['purpose', 'notice', 'channel'].includes(name));
}
