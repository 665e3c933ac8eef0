import { createHash } from 'node:crypto';
import { type AlertDefinition, alertDefinition } from '@integument/contracts';
import type { Statement, Tx } from '@integument/database';
import { lockProgress } from './alert-store.js';
import type { Alert } from './evaluation.js';

/** A rule as it is kept. */
export interface StoredAlertRule {
  readonly id: string;
  readonly title: string;
  readonly enabled: boolean;
  readonly definition: AlertDefinition;
  readonly changedAt: Date;
}

/** Every rule is asked about every entry. */
export const MAX_ALERT_RULES = 100;

export class TooManyAlertRules extends Error {
  override readonly name = 'TooManyAlertRules';
  readonly code = 'audit.too_many_rules';
}

const COLUMNS = 'id, title, enabled, definition, changed_at';
const LIST: Statement = {
  name: 'audit_alert_rules',
  text: `SELECT ${COLUMNS} FROM audit_alert_rule ORDER BY id`,
};
const FIND: Statement = {
  name: 'audit_alert_rule',
  text: `SELECT ${COLUMNS} FROM audit_alert_rule WHERE id = $1`,
};
const COUNT: Statement = {
  name: 'audit_alert_rule_count',
  text: 'SELECT count(*)::int AS n FROM audit_alert_rule',
};
const PUT: Statement = {
  name: 'audit_alert_rule_put',
  text: `
  INSERT INTO audit_alert_rule (id, title, enabled, definition, changed_at) VALUES ($1, $2, $3, $4::jsonb, $5)
  ON CONFLICT (id) DO UPDATE
  SET title = EXCLUDED.title, enabled = EXCLUDED.enabled, definition = EXCLUDED.definition, changed_at = EXCLUDED.changed_at`,
};
const FORGET: Statement = {
  name: 'audit_alert_forget',
  text: 'DELETE FROM audit_alert_state WHERE rule = $1',
};
const PAGE: Statement = {
  name: 'audit_alert_page',
  text: `
  SELECT rule, group_key, at, first_position, last_position, count FROM audit_alert
  WHERE (last_position, rule, group_key) < ($1::bigint, $2, $3)
  ORDER BY last_position DESC, rule DESC, group_key DESC LIMIT $4::bigint`,
};

interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly enabled: boolean;
  readonly definition: unknown;
  readonly changed_at: Date;
}

export async function listAlertRules(tx: Tx): Promise<StoredAlertRule[]> {
  return (await tx.query<RuleRow>(LIST)).map(toRule);
}

export async function findAlertRule(tx: Tx, id: string): Promise<StoredAlertRule | null> {
  const [row] = await tx.query<RuleRow>(FIND, [id]);
  return row ? toRule(row) : null;
}

/**
 * Creates or replaces a rule. Where its definition is another one, what had been counted for it is forgotten: counts of one
 * rule mean nothing to another.
 * @returns SHA-256 of what it said before, if it was there, and of what it says now
 * @throws {TooManyAlertRules}
 */
export async function putAlertRule(
  tx: Tx,
  rule: StoredAlertRule,
): Promise<{ before: string | undefined; after: string }> {
  // Whoever evaluates holds the same lock: it would save counts of the old rule behind this.
  await lockProgress(tx);
  const before = await findAlertRule(tx, rule.id);
  if (!before && (await isFull(tx))) throw new TooManyAlertRules();
  const { id, title, enabled, definition, changedAt } = rule;
  await tx.query(PUT, [id, title, enabled, JSON.stringify(definition), changedAt]);
  if (before && !isSame(before.definition, definition)) await tx.query(FORGET, [id]);
  return { before: before ? hashOf(before) : undefined, after: hashOf(rule) };
}

/** Where a page of alerts begins: behind this one. */
export interface AlertCursor {
  readonly last: number;
  readonly rule: string;
  readonly group: string;
}

/** Alerts, those of the latest entries first. */
export async function readAlerts(
  tx: Tx,
  { after, limit }: { after: AlertCursor | null; limit: number },
): Promise<{ alerts: Alert[]; next: AlertCursor | null }> {
  const { last, rule, group } = after ?? { last: Number.MAX_SAFE_INTEGER, rule: '', group: '' };
  type Row = {
    rule: string;
    group_key: string;
    at: Date;
    first_position: string;
    last_position: string;
    count: number;
  };
  const rows = await tx.query<Row>(PAGE, [last, rule, group, limit + 1]);
  const alerts = rows.slice(0, limit).map((row) => ({
    rule: row.rule,
    group: row.group_key,
    at: row.at.getTime(),
    first: Number(row.first_position),
    last: Number(row.last_position),
    count: row.count,
  }));
  return { alerts, next: rows.length > limit ? (alerts.at(-1) ?? null) : null };
}

async function isFull(tx: Tx): Promise<boolean> {
  const [row] = await tx.query<{ n: number }>(COUNT);
  return (row?.n ?? 0) >= MAX_ALERT_RULES;
}

function toRule({ id, title, enabled, definition, changed_at }: RuleRow): StoredAlertRule {
  // Parsed, which also gives it the schema's order of keys: jsonb has one of its own.
  return { id, title, enabled, definition: alertDefinition.parse(definition), changedAt: changed_at };
}

function isSame(one: AlertDefinition, other: AlertDefinition): boolean {
  return JSON.stringify(one) === JSON.stringify(alertDefinition.parse(other));
}

function hashOf({ id, title, enabled, definition }: StoredAlertRule): string {
  const text = JSON.stringify({ id, title, enabled, definition: alertDefinition.parse(definition) });
  return createHash('sha256').update(text).digest('hex');
}
