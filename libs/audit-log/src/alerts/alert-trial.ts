import type { Statement, UnitOfWork } from '@integument/database';
import { EntryRun } from '../sql/entry-run.js';
import { StateMap } from './alert-store.js';
import { timedEntries } from './alerts-follower.js';
import { type Alert, type AlertRule, evaluate } from './evaluation.js';

export interface AlertTrial {
  /** position of the first entry looked at */
  readonly from: number;
  readonly entries: number;
  /** false: there were more entries since then, and the oldest were left out */
  readonly complete: boolean;
  readonly count: number;
  /** the newest, newest first */
  readonly alerts: readonly Alert[];
}

const HEAD: Statement = { name: 'audit_alert_trial_head', text: 'SELECT size FROM audit_head' };
const COVERING: Statement = {
  name: 'audit_alert_trial_covering',
  text: 'SELECT size, signed_at FROM audit_checkpoint WHERE size > $1::bigint ORDER BY size LIMIT 1',
};

const RUN = 1_000;
const SHOWN = 100;
/** A few seconds of work. */
const MAX_ENTRIES = 200_000;

/** What a rule would have raised over the entries signed since a time, had it begun then. Changes nothing. */
export async function tryAlertRule(
  unitOfWork: UnitOfWork,
  rule: AlertRule,
  since: Date,
  maxEntries = MAX_ENTRIES,
): Promise<AlertTrial> {
  const size = await headOf(unitOfWork);
  const first = await firstSince(unitOfWork, since, size);
  const from = Math.max(first, size - maxEntries);
  const states = new StateMap();
  const run = new EntryRun(unitOfWork);
  let count = 0;
  let alerts: Alert[] = [];
  for (let at = from; at < size; at += RUN) {
    const entries = timedEntries(await run.read(at, Math.min(RUN, size - at)));
    const raised = entries.flatMap((entry) => evaluate(rule, entry, states) ?? []);
    count += raised.length;
    alerts = [...alerts, ...raised].slice(-SHOWN);
  }
  return { from, entries: size - from, complete: from === first, count, alerts: alerts.reverse() };
}

async function headOf(unitOfWork: UnitOfWork): Promise<number> {
  const [row] = await unitOfWork.single((tx) => tx.query<{ size: string }>(HEAD));
  return Number(row?.size ?? 0);
}

/** By halving: checkpoints have an index by size alone, and are signed in the order of their sizes. */
async function firstSince(unitOfWork: UnitOfWork, since: Date, size: number): Promise<number> {
  let low = 0;
  for (let high = size; low < high; ) {
    const middle = Math.floor((low + high) / 2);
    type Row = { size: string; signed_at: Date };
    const [row] = await unitOfWork.single((tx) => tx.query<Row>(COVERING, [middle]));
    if (row && row.signed_at < since) low = Number(row.size);
    else high = middle;
  }
  return Math.min(low, size);
}
