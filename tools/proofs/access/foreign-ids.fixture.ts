import { randomUUID } from 'node:crypto';
import type { RouteContract } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { declaredRoutes } from '../../docs/routes.js';
import type { LooseInput } from '../../outside/ask.js';

/** Where in a request an id stands. */
export type Place =
  | 'person'
  | 'approval'
  | 'erasure'
  | 'modelKey'
  | 'client'
  | 'factor'
  | 'account'
  | 'session'
  | 'import'
  | 'guardianship'
  | 'hold'
  | 'permit';

/** Parameters of a path that name nobody's: words of the contracts, of whoever writes the rules, and of the operator; rotations of keys; hashes of notices. */
const NO_IDS = [
  'purpose',
  'hash',
  'kind',
  'report',
  'rule',
  'version',
  'provider',
  'domain',
  'rotation',
  '*',
];
const PERMIT_HEADER = 'integument-permit';

/** Where the id of a route stands; null for one that takes none. */
function placeOf({ path, problems }: RouteContract): Place | null {
  const [name] = [...path.matchAll(/:(\w+)/g)].flatMap(([, found = '']) =>
    NO_IDS.includes(found) ? [] : [found],
  );
  if (name !== undefined) return name as Place;
  return problems?.includes('permits.header_missing') ? 'permit' : null;
}

/** All routes that take an id. */
export const WITH_ID = declaredRoutes().flatMap((route) => {
  const place = placeOf(route);
  return place ? [{ route, place }] : [];
});

const reason = { code: 'legal', reference: 'CASE-9' };
const approval = () => ({ approval: encodeId('apr', randomId()) });

/** What else a request needs to be right in all but its id. */
const REST: Readonly<Record<string, (asker: string) => LooseInput>> = {
  'people.read': () => ({}),
  'people.update': () => ({ body: { fields: { given_name: 'Renamed' } } }),
  // For a purpose that the asker may reveal for: another one is refused before anybody is looked for.
  'people.reveal': (asker) => {
    const purpose = asker === 'the officer' ? 'rights-request' : 'support';
    return { body: { fields: ['email'], purpose, reason } };
  },
  'consent_imports.read': () => ({}),
  'consent_imports.read_evidence': () => ({ body: { purpose: 'ingest', reason } }),
  'tokens.make_for_person': () => ({ body: { fields: ['email'] } }),
  'people.erase': () => ({ body: { reason } }),
  'erasure.read': () => ({ headers: { 'integument-claim': encodeId('ecl', randomId()) } }),
  'approvals.read': () => ({}),
  'approvals.approve': () => ({}),
  'approvals.refuse': () => ({ body: { refusal: 'not_justified' } }),
  'approvals.take_back': () => ({}),
  'approvals.review': () => ({ body: { outcome: 'justified', reference: 'CASE-9' } }),
  'staff.change_roles': () => ({ body: { roles: ['support'], approval: encodeId('apr', randomId()) } }),
  'staff.dismiss': () => ({ body: { approval: encodeId('apr', randomId()) } }),
  'clients.change': () => ({ body: { purposes: [], dpop: true, ...approval() } }),
  'clients.add_credential': () => ({ body: { credential: 'some-program', ...approval() } }),
  'clients.retire_credential': () => ({ body: { credential: 'some-program', reason } }),
  'clients.suspend': () => ({ body: { reason } }),
  'clients.resume': () => ({ body: approval() }),
  'clients.remove': () => ({ body: { reason } }),
  'webhooks.read': () => ({}),
  'webhooks.put': () => ({ body: { url: 'https://client.example/told', events: ['person.erased'], reason } }),
  'webhooks.rotate_secret': () => ({ body: { reason } }),
  'webhooks.remove': () => ({}),
  'webhooks.dead_letters': () => ({}),
  'webhooks.replay': () => ({ body: { reason } }),
  'factors.remove': () => ({}),
  'sign_in.end_session': () => ({}),
  'guardianships.read': () => ({}),
  'guardianships.end': () => ({}),
  'guardianships.issue_code': () => ({}),
  'guardianships.end_own': () => ({}),
  'holds.lift': () => ({}),
  'guardianships.revoke': () => ({ body: { reason } }),
  'readings.store': () => ({
    body: { batch: randomUUID(), stream: 'heart-rate', readings: [[1_770_000_000_000, 60]] },
  }),
  'readings.read': () => ({ query: { stream: 'heart-rate' } }),
  'events.record': () => ({
    body: { events: [{ kind: 'profile', event: randomUUID(), skinTypes: ['dry'], concerns: [] }] },
  }),
  'recommendations.list': () => ({}),
  'faults.report': () => ({
    body: { report: randomUUID(), part: 'sync', code: 'upload.timeout', version: '1.2' },
  }),
  'faults.list': () => ({}),
  'cohort_facts.store': () => ({
    body: { skinType: 'dry', concerns: [], productsUsed: 1, routineSteps: 1, interactions: 1 },
  }),
  'cohort_facts.read': () => ({}),
  'erasure.gates_closed': () => ({}),
  'erasure.completed': () => ({}),
  'model_keys.read': () => ({}),
  'model_keys.destroy': () => ({}),
};

/** A request that is right but for whose id is in it. */
export function requestWith(asker: string, route: RouteContract, place: Place, id: string): LooseInput {
  const rest = REST[route.id]?.(asker);
  if (!rest) throw new Error(`${route.id} takes an id: say here what else it needs`);
  if (place === 'permit') return { ...rest, headers: { ...rest.headers, [PERMIT_HEADER]: id } };
  return { ...rest, params: { [place]: id } };
}

/** An id of the same kind that nobody was ever given. */
export function nobodys(id: string): string {
  const [prefix = ''] = id.split('_');
  return encodeId(prefix, randomId());
}
