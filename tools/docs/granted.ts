import { buildAbility, type Caller, client, type Policy, person, process, staff } from '@integument/authz';
import { PURPOSE_NAMES, VOUCHED } from '@integument/contracts';

/** What a role may do with a resource: without conditions, under these, or (absent) not at all. */
export type Grants = ReadonlyMap<string, readonly string[]>;

/** Stands in a sample caller where what it is registered for would, so that a condition made of it can be told. */
const ITS_OWN = 'one that the client is registered for';

const inSession = { id: 'sample', session: 'sample' };
const role = (name: string) => () => [staff({ ...inSession, roles: [name] })];

/** By the heading of its column: callers of the role, each registered for one thing more. */
export const ROLES: Readonly<Record<string, () => readonly Caller[]>> = {
  person: () => [person(inSession)],
  'identity client': () =>
    [[], ...VOUCHED.map((name) => [name])].map((vouchesFor) =>
      client({ clientId: 'sample', use: 'identity', revealPurposes: [ITS_OWN], vouchesFor }),
    ),
  'health client': () =>
    [[], ...PURPOSE_NAMES.map((name) => [name])].map((purposes) =>
      client({ clientId: 'sample', use: 'health', purposes }),
    ),
  'the API’s process': () => [process({ name: 'api' })],
  support: role('support'),
  'privacy officer': role('privacy-officer'),
  admin: role('admin'),
  auditor: role('auditor'),
};

/** By `action resource`: the conditions in words under which callers of one role may; none where they simply may. */
export function grantsOf(policies: readonly Policy[], callers: readonly Caller[]): Grants {
  const grants = new Map<string, Set<string>>();
  for (const caller of callers) {
    for (const { action, subject, conditions } of buildAbility(policies, caller).rules) {
      const name = `${String(action)} ${String(subject)}`;
      const words = grants.get(name) ?? new Set();
      grants.set(name, words.add([registration(caller), inWords(conditions)].filter(Boolean).join(', ')));
    }
  }
  // What somebody registered for nothing may do needs no registration.
  return new Map([...grants].map(([name, words]) => [name, words.has('') ? [] : [...words]]));
}

function registration(caller: Caller): string {
  const { purposes = [], vouchesFor = [] } = caller as {
    purposes?: readonly string[];
    vouchesFor?: readonly string[];
  };
  return [
    ...purposes.map((purpose) => `registered for \`${purpose}\``),
    ...vouchesFor.map((name) => `registered to vouch for \`${name}\``),
  ].join();
}

function inWords(conditions: unknown): string {
  if (conditions === undefined) return '';
  return Object.entries(conditions as object)
    .map(([field, wanted]) => `${field} is ${valueInWords(wanted)}`)
    .join(' and ');
}

function valueInWords(wanted: unknown): string {
  if (typeof wanted === 'string') return quoted(wanted);
  const list = (wanted as { $in?: unknown } | null)?.$in;
  // A form of condition that no policy has so far: say it here before it stands in a document.
  if (!Array.isArray(list)) throw new Error('a condition that there are no words for');
  return list.map((value) => quoted(String(value))).join(' or ');
}

function quoted(value: string): string {
  return value === ITS_OWN ? value : `\`${value}\``;
}
