import type { AuditEntry } from '@integument/audit-log';

/** What takes effect under a permit. */
const EFFECTS: ReadonlySet<string> = new Set([
  ...['readings.store', 'readings.read'],
  ...['events.record', 'recommendations.list'],
  ...['faults.report', 'faults.list'],
  ...['cohort_facts.store', 'cohort_facts.read'],
]);
/** What opens and what closes one. */
const OPENS: ReadonlySet<string> = new Set(['consent.give', 'consent.acknowledge', 'consent.import']);
const CLOSES: ReadonlySet<string> = new Set([
  ...['consent.withdraw', 'consent.object', 'consent.refuse', 'consent.expire'],
  ...['erasure.close_gate', 'erasure.erase_permit'],
]);

/** What somebody says about a purpose here, by themselves. */
const WORDS: ReadonlySet<string> = new Set([
  ...['consent.give', 'consent.acknowledge', 'consent.withdraw', 'consent.object', 'consent.refuse'],
]);

/**
 * Entries are numbered when they are written, each in its effect's own transaction and after the gate was locked: so an effect that
 * committed before a withdrawal stands before it, and one that waited for it would stand after it.
 * @returns effects that stand in the log while their permit was closed
 */
export function effectsWhileClosed(entries: readonly AuditEntry[]): string[] {
  const open = new Set<string>();
  const late: string[] = [];
  entries.forEach(({ action, outcome, subject }, position) => {
    if (outcome !== 'done' || subject === undefined) return;
    if (OPENS.has(action)) open.add(subject);
    if (CLOSES.has(action)) open.delete(subject);
    if (EFFECTS.has(action) && !open.has(subject)) late.push(`${action} at ${position}`);
  });
  return late;
}

/** @returns consents of before that were opened though their person had decided about the purpose here */
export function importsAfterWords(entries: readonly AuditEntry[]): string[] {
  const decided = new Set<string>();
  const late: string[] = [];
  entries.forEach(({ action, outcome, subject }, position) => {
    if (outcome !== 'done' || subject === undefined) return;
    if (WORDS.has(action)) decided.add(subject);
    if (action === 'consent.import' && decided.has(subject)) late.push(`${action} at ${position}`);
  });
  return late;
}

/** How often each request's action stands in the log as done. */
export function timesDone(entries: readonly AuditEntry[]): (action: string, requestId: string) => number {
  const counts = new Map<string, number>();
  for (const { action, outcome, requestId } of entries) {
    if (outcome !== 'done' || !requestId) continue;
    const key = `${action} ${requestId}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return (action, requestId) => counts.get(`${action} ${requestId}`) ?? 0;
}
