import {
  changeAlertRule,
  exportAuditLog,
  listAlertRules,
  listAlerts,
  proveConsistency,
  proveInclusion,
  type RouteContract,
  readAuditEntries,
  readAuditFeeds,
  readAuditReport,
  readTlogTile,
  streamAuditEntries,
  tryAlertRule,
} from '@integument/contracts';
import type { LooseInput } from '../../../outside/ask.js';
import { type Calls, call } from './call.js';

/** Routes that both apps have, each for its own log: reading it, and the rules by which it is watched. */
export function logCalls(app: 'vault' | 'api'): Calls {
  const as = (who: 'auditor' | 'officer', route: RouteContract, input?: LooseInput): Calls[string] => {
    return (cast) => Promise.resolve(call(cast[who], cast.info.urls[app], route, input));
  };
  const rule = { params: { rule: 'a-rule-of-a-test' } };
  const definition = {
    match: { actions: ['people.reveal'] },
    groupBy: 'actor',
    when: { kind: 'each' },
    coolDownSeconds: 60,
  };
  return {
    'audit.entries': as('auditor', readAuditEntries),
    'audit.stream': as('auditor', streamAuditEntries, { query: { format: 'csv', action: 'people.reveal' } }),
    'audit.export': as('auditor', exportAuditLog),
    'audit.inclusion': as('auditor', proveInclusion, { query: { position: 0, size: 1 } }),
    'audit.consistency': as('auditor', proveConsistency, { query: { from: 1, to: 2 } }),
    'audit.tlog_tile': as('auditor', readTlogTile, { params: { '*': 'entries/000.p/1' } }),
    'audit.report': as('auditor', readAuditReport, {
      params: { report: 'reveals' },
      query: { from: '2026-01-01', to: '2100-01-01' },
    }),
    'audit.feeds': as('auditor', readAuditFeeds),
    'audit.alerts': as('auditor', listAlerts),
    'audit.alert_rules': as('auditor', listAlertRules),
    'audit.try_alert_rule': as('auditor', tryAlertRule, { ...rule, body: { days: 1, definition } }),
    'audit.change_alert_rule': as('officer', changeAlertRule, {
      ...rule,
      body: { title: 'Of a test', enabled: false, definition },
    }),
  };
}
