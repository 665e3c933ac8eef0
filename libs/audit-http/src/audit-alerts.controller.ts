import {
  type Alert,
  type AlertCursor,
  AuditLog,
  alertRuleChanged,
  defineAction,
  findAlertRule,
  listAlertRules,
  putAlertRule,
  readAlerts,
  type StoredAlertRule,
  TooManyAlertRules,
  tryAlertRule,
} from '@integument/audit-log';
import {
  CodedError,
  changeAlertRule,
  listAlerts as listAlertsRoute,
  listAlertRules as listRulesRoute,
  notFound,
  type ReplyOf,
  tryAlertRule as tryRoute,
} from '@integument/contracts';
import { type Tx, UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, by, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { LogReads } from './log-reads.js';

const alertsRead = defineAction('audit.alerts');
const rulesRead = defineAction('audit.alert_rules');
const ruleTried = defineAction('audit.try_alert_rule');

const DAY_MS = 86_400_000;

/** Alerts of either app's log, and the rules that raise them. */
@Controller()
export class AuditAlertsController {
  constructor(
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly reads: LogReads,
  ) {}

  @Implements(listAlertsRoute)
  async alerts(
    @AskedBy() asker: Asker,
    @Input() { query }: InputOf<typeof listAlertsRoute>,
  ): Promise<ReplyOf<typeof listAlertsRoute>> {
    const after = query.cursor === undefined ? null : fromCursor(query.cursor);
    return this.unitOfWork.run(async (tx) => {
      const { alerts, next } = await readAlerts(tx, { after, limit: query.limit });
      await this.audit.append(tx, alertsRead({ ...by(asker), count: alerts.length }));
      return { items: alerts.map(alertReply), next: next && toCursor(next) };
    });
  }

  @Implements(listRulesRoute)
  rules(@AskedBy() asker: Asker): Promise<ReplyOf<typeof listRulesRoute>> {
    return this.unitOfWork.run(async (tx) => {
      const rules = await listAlertRules(tx);
      await this.audit.append(tx, rulesRead({ ...by(asker), count: rules.length }));
      return { items: rules.map(ruleReply) };
    });
  }

  @Implements(changeAlertRule)
  change(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof changeAlertRule>,
  ): Promise<ReplyOf<typeof changeAlertRule>> {
    const rule: StoredAlertRule = { id: params.rule, ...body, changedAt: new Date() };
    return this.unitOfWork.run(async (tx) => {
      const details = await put(tx, rule);
      await this.audit.append(tx, alertRuleChanged({ ...by(asker), object: rule.id, details }));
      return ruleReply(rule);
    });
  }

  @Implements(tryRoute)
  async try(
    @AskedBy() asker: Asker,
    @Input() { params: { rule: id }, body }: InputOf<typeof tryRoute>,
  ): Promise<ReplyOf<typeof tryRoute>> {
    const definition = body.definition ?? (await this.definitionOf(id));
    const since = new Date(Date.now() - body.days * DAY_MS);
    const { alerts, ...tried } = await tryAlertRule(this.reads, { id, definition }, since);
    await this.unitOfWork.single((tx) =>
      this.audit.append(tx, ruleTried({ ...by(asker), object: id, count: tried.count })),
    );
    return { ...tried, items: alerts.map(alertReply) };
  }

  private async definitionOf(id: string): Promise<StoredAlertRule['definition']> {
    const rule = await this.unitOfWork.single((tx) => findAlertRule(tx, id));
    if (!rule) throw notFound('audit.unknown_rule');
    return rule.definition;
  }
}

async function put(tx: Tx, rule: StoredAlertRule) {
  try {
    return await putAlertRule(tx, rule);
  } catch (cause) {
    if (!(cause instanceof TooManyAlertRules)) throw cause;
    throw new CodedError('audit.too_many_rules', 409, 'There are as many alert rules as there can be.', {
      cause,
    });
  }
}

function alertReply({ at, ...alert }: Alert) {
  return { ...alert, at: new Date(at).toISOString() };
}

function ruleReply({ id, title, enabled, definition, changedAt }: StoredAlertRule) {
  return { rule: id, title, enabled, definition, changedAt: changedAt.toISOString() };
}

function toCursor({ last, rule, group }: AlertCursor): string {
  return Buffer.from(JSON.stringify([last, rule, group])).toString('base64url');
}

function fromCursor(cursor: string): AlertCursor {
  const [last, rule, group] = parsed(Buffer.from(cursor, 'base64url').toString('utf8'));
  const isOurs = Number.isSafeInteger(last) && typeof rule === 'string' && typeof group === 'string';
  if (!isOurs || `${rule}${group}`.includes('\0')) {
    throw new CodedError('request.invalid', 400, 'The cursor is not one of ours.');
  }
  return { last: last as number, rule, group };
}

function parsed(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
