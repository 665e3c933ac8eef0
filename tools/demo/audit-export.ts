import { exportAuditLog, type RouteContract } from '@integument/contracts';
import { type VerifyReport, verifyExport } from '../../libs/audit-log/src/core/index.js';
import { Refused, request } from '../outside/ask.js';
import type { Stage } from './stage.js';
import type { App } from './tape.js';

/** The whole log of an app, as its auditor downloads it. */
export async function fetchExport(stage: Stage, app: App): Promise<string> {
  const route: RouteContract = exportAuditLog;
  const exchange = await request(await stage.auditor(), stage.url(app), route);
  if (exchange.status !== 200) throw new Refused(route.id, exchange);
  return exchange.text;
}

/** Verified with the key of the platform's installation and the checkpoint of before the demo, not with what the log says. */
export async function verifyFetched(stage: Stage, app: App): Promise<VerifyReport> {
  const exported = Buffer.from(await fetchExport(stage, app), 'utf8');
  return verifyExport([exported], stage.info.audit[app].verifierKey, {
    earlier: stage.logsAtStart[app].note,
  });
}
