import type { Tx, UnitOfWork } from '@integument/database';
import { parseLoggedEntry } from '../logged-entry.js';
import type { AuditLog } from '../sql/audit-log.js';
import { type RunEntry, readRun } from '../sql/entry-run.js';
import { Follower, type FollowerOptions } from '../sql/follower.js';
import { alertEntry } from './alert-entries.js';
import {
  EnabledRules,
  loadStates,
  lockProgress,
  moveProgress,
  pruneStates,
  saveStates,
  storeAlerts,
} from './alert-store.js';
import {
  type Alert,
  type AlertRule,
  CLOCK_SKEW_MS,
  evaluate,
  expiryOf,
  groupsAsked,
  type TimedEntry,
} from './evaluation.js';

export interface AlertsDependencies {
  readonly unitOfWork: UnitOfWork;
  readonly audit: AuditLog;
  readonly onError: (error: unknown) => void;
  /** told of each alert once it is stored and in the log; a crash may keep it from hearing of one */
  readonly onAlert: (alert: Alert) => void;
  readonly clock?: () => Date;
  /** entries in one transaction. Default 500 */
  readonly batchSize?: number;
  readonly timing?: Pick<FollowerOptions, 'pollMs' | 'leaseMs'>;
}

/**
 * Looks for the rules' patterns in the log, from its first entry on. What a batch raised, what it has counted and how far it
 * came are one transaction, so an entry that is handled twice, after a crash or a lost lease, counts and raises once.
 */
export function alertsFollower(dependencies: AlertsDependencies): Follower {
  const { unitOfWork, onError, onAlert, timing } = dependencies;
  const inForce = new EnabledRules();
  return new Follower({
    unitOfWork,
    name: 'alerts',
    begin: 'first',
    onError,
    ...timing,
    follow: async ({ from, signal }) => {
      for (;;) {
        const { position, alerts } = await unitOfWork.run((tx) => evaluateBatch(tx, inForce, dependencies));
        for (const alert of alerts) onAlert(alert);
        // Behind the follower only where somebody set the progress back: then all between is looked at again.
        if (position > from) return position;
        signal.throwIfAborted();
      }
    },
  });
}

async function evaluateBatch(
  tx: Tx,
  inForce: EnabledRules,
  { audit, clock = () => new Date(), batchSize = 500 }: AlertsDependencies,
): Promise<{ position: number; alerts: Alert[] }> {
  const from = await lockProgress(tx);
  const stored = await readRun(tx, from, batchSize);
  const entries = timedEntries(stored);
  const rules = await inForce.load(tx);
  const looks = looksAt(rules, entries);
  const states = await loadStates(tx, questions(looks));
  const raised = looks.flatMap(({ rule, entry }) => evaluate(rule, entry, states) ?? []);
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  await saveStates(tx, states, (rule, state) => expiryOf(byId.get(rule) as AlertRule, state));
  const alerts = await storeAlerts(tx, raised);
  if (alerts.length > 0) await audit.append(tx, ...alerts.map(alertEntry));
  if (stored.length < batchSize) await pruneStates(tx, forgottenBefore(entries, clock()));
  await moveProgress(tx, from + stored.length);
  return { position: from + stored.length, alerts };
}

/**
 * Only asked at the end of the log, where the next entries are of about now: behind it, an entry of a clock far ahead would have
 * everything forgotten that those to come still need.
 */
function forgottenBefore(entries: readonly TimedEntry[], now: Date): number {
  const latest = Math.max(0, ...entries.map(({ at }) => at));
  return Math.min(latest, now.getTime()) - CLOCK_SKEW_MS;
}

/** Without what can't be read as an entry: the verifier's business, and the feeds show it. */
export function timedEntries(stored: readonly RunEntry[]): TimedEntry[] {
  return stored.flatMap(({ position, bytes }) => {
    const entry = bytes && parseLoggedEntry(bytes);
    return entry ? [{ position, at: Date.parse(entry.at), entry }] : [];
  });
}

/** A rule at an entry that it looks at. */
interface Look {
  readonly rule: AlertRule;
  readonly entry: TimedEntry;
  readonly groups: readonly string[];
}

/** In the order of the log, and at an entry in that of the rules. Most rules look at few entries, and are evaluated at no others. */
function looksAt(rules: readonly AlertRule[], entries: readonly TimedEntry[]): Look[] {
  return entries.flatMap((entry) =>
    rules.flatMap((rule) => {
      const groups = groupsAsked(rule, entry);
      return groups.length > 0 ? [{ rule, entry, groups }] : [];
    }),
  );
}

function questions(looks: readonly Look[]): [string, string][] {
  const asked = new Map<string, [string, string]>();
  for (const { rule, groups } of looks) {
    for (const group of groups) asked.set(JSON.stringify([rule.id, group]), [rule.id, group]);
  }
  return [...asked.values()];
}
