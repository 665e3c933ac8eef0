import { Readable } from 'node:stream';
import { type AuditEntry, type VerifyReport, verifyExport } from '@integument/audit-log';
import { exportAuditLog } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { signIn } from '../../outside/browser.js';
import type { Acknowledged, App } from './ledger.js';

export interface ExportedLog {
  readonly report: VerifyReport;
  readonly entries: readonly AuditEntry[];
}

/** Exports an app's log as its auditor does, and verifies it with the public key alone. */
export async function exportLog(info: PlatformInfo, app: App): Promise<ExportedLog> {
  const auditor = await signIn(info, info.staff.auditor);
  const reply = await auditor.send(info.urls[app] + exportAuditLog.path);
  if (!reply.ok || !reply.body) throw new Error(`the ${app}'s export answered ${reply.status}`);
  const entries: AuditEntry[] = [];
  const report = await verifyExport(Readable.fromWeb(reply.body), info.audit[app].verifierKey, {
    onEntry: (_, entry) => entries.push(JSON.parse(Buffer.from(entry).toString('utf8')) as AuditEntry),
  });
  return { report, entries };
}

/** Acknowledged operations that the log does not hold exactly once. */
export function unaudited(acknowledged: readonly Acknowledged[], entries: readonly AuditEntry[]): string[] {
  const counts = new Map<string, number>();
  for (const { action, requestId, outcome } of entries) {
    if (outcome !== 'done' || !requestId) continue;
    const key = `${action} ${requestId}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return acknowledged.flatMap(({ action, requestId, maybeRepeated }) => {
    const count = counts.get(`${action} ${requestId}`) ?? 0;
    return count === 1 || (count === 0 && maybeRepeated) ? [] : [`${action} ${requestId}: ${count} entries`];
  });
}

/** How often something was done, by the log; what was so already and asked for again is an entry, too, but changed nothing. */
export function countDone(entries: readonly AuditEntry[], action: string): number {
  return entries.filter((entry) => entry.action === action && entry.outcome === 'done' && !isRepeated(entry))
    .length;
}

function isRepeated({ details }: AuditEntry): boolean {
  return (details as { kind?: unknown } | undefined)?.kind === 'repeated';
}
