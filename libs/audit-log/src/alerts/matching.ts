import type { AlertDefinition } from '@integument/contracts';
import type { LoggedEntry } from '../logged-entry.js';

/** The action under which alerts stand in the log. */
export const ALERT_ACTION = 'audit.alert';

/** The action of entries that stand for as many refusals as their count says: of strangers, who get no entry each. */
export const STRANGERS_ACTION = 'requests.unauthenticated';

/** A count that adds up, a thousand times over, to what a column holds: who writes to the database can write any. */
const MOST = 1_000_000;

/**
 * How many a rule of the kind count takes an entry for. Strangers count each, but where a rule groups by actor: they are many,
 * and no one of them has been refused again and again.
 */
export function weightOf({ groupBy }: AlertDefinition, { action, count = 1 }: LoggedEntry): number {
  if (action !== STRANGERS_ACTION || groupBy === 'actor') return 1;
  return Math.min(Math.max(count, 1), MOST);
}

/** Whether a rule looks at an entry. No rule ever looks at alerts: one that did would raise them for ever. */
export function matches(match: AlertDefinition['match'], entry: LoggedEntry): boolean {
  if (entry.action === ALERT_ACTION) return false;
  const { actions, outcome, codes, reasons, actorKinds } = match;
  return (
    actions.some((pattern) => fits(pattern, entry.action)) &&
    (outcome === undefined || outcome === entry.outcome) &&
    isAmong(codes, entry.code) &&
    isAmong(reasons, entry.reason?.code) &&
    isAmong(actorKinds, entry.actor.kind)
  );
}

/** The group of a rule that an entry belongs to; undefined where it has none: no subject, no client. */
export function groupOf({ groupBy, when }: AlertDefinition, entry: LoggedEntry): string | undefined {
  if (when.kind === 'first-seen') return when.of === 'client' ? clientOf(entry) : actorOf(entry);
  switch (groupBy) {
    case 'actor':
      return actorOf(entry);
    case 'subject':
      return entry.subject && named('subject', entry.subject);
    case 'code':
      return entry.code && named('code', entry.code);
    case 'none':
      // Apart: otherwise anybody could keep a rule in its cool-down while somebody known does what it is there for.
      return entry.action === STRANGERS_ACTION ? named('strangers', 'all') : '';
  }
}

function fits(pattern: string, action: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? action.startsWith(pattern.slice(0, -1)) : action === pattern;
}

function isAmong(list: readonly string[] | undefined, value: string | undefined): boolean {
  return list === undefined || (value !== undefined && list.includes(value));
}

function actorOf({ actor }: LoggedEntry): string {
  return named(actor.kind, actor.id);
}

function clientOf({ actor }: LoggedEntry): string | undefined {
  const client = actor.kind === 'client' ? actor.id : actor.client;
  return client === undefined ? undefined : named('client', client);
}

/** Names of groups go into new entries: what doesn't look like one of ours came from somebody who wrote into the log. */
export const GROUP = /^[a-z]{1,10}:[A-Za-z0-9._:|/#~-]{1,160}$/;

function named(kind: string, id: string): string {
  const group = `${kind}:${id}`;
  return GROUP.test(group) ? group : 'unreadable:name';
}
