import { defineAction } from '@integument/audit-log';
import { clientName } from '@integument/contracts';
import { z } from 'zod';
import type { OfFile } from './registry.store.js';

const SORTS = ['clients', 'staff'] as const;
const CHANGES = ['added', 'changed', 'removed'] as const;
type Sort = (typeof SORTS)[number];
type Change = (typeof CHANGES)[number];

const clients = z.array(clientName);
const staff = z.array(z.string().regex(/^[0-9a-f]{32}$/));
const of = <Names extends z.ZodType>(names: Names) =>
  z.strictObject({ added: names, changed: names, removed: names });

/** Staff stand here as in all entries, by the digests of their accounts. */
export const registryApplied = defineAction(
  'registry.apply',
  z.strictObject({ clients: of(clients), staff: of(staff) }),
);

type Details = Record<Sort, Record<Change, string[]>>;
interface Named {
  readonly sort: Sort;
  readonly change: Change;
  readonly name: string;
}

/** So that no entry is longer than one can be. */
const NAMES_IN_ENTRY = 100;

/** What a start has changed, in as many portions as it takes entries; one where it has changed nothing. */
export function changesOf(before: OfFile, after: OfFile): Details[] {
  const all = SORTS.flatMap((sort) => changesIn(sort, before[sort], after[sort]));
  const portions = Math.max(1, Math.ceil(all.length / NAMES_IN_ENTRY));
  return Array.from({ length: portions }, (_, at) =>
    detailsOf(all.slice(at * NAMES_IN_ENTRY, (at + 1) * NAMES_IN_ENTRY)),
  );
}

function changesIn(
  sort: Sort,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): Named[] {
  const named = (change: Change) => (name: string) => ({ sort, change, name });
  const kept = [...after.keys()].filter((name) => before.has(name));
  return [
    ...[...after.keys()].filter((name) => !before.has(name)).map(named('added')),
    ...kept.filter((name) => before.get(name) !== after.get(name)).map(named('changed')),
    ...[...before.keys()].filter((name) => !after.has(name)).map(named('removed')),
  ];
}

function detailsOf(named: readonly Named[]): Details {
  const names = (sort: Sort, change: Change) =>
    named.filter((one) => one.sort === sort && one.change === change).map(({ name }) => name);
  const of = (sort: Sort) =>
    Object.fromEntries(CHANGES.map((change) => [change, names(sort, change)])) as Record<Change, string[]>;
  return { clients: of('clients'), staff: of('staff') };
}
