import { type AlertDefinition, alertDefinition } from '@integument/contracts';
import type { Statement, Tx } from '@integument/database';
import type { Alert, AlertRule, Counted, GroupState, States } from './evaluation.js';

const LOCK: Statement = {
  name: 'audit_alert_lock',
  text: 'SELECT position FROM audit_alert_progress FOR UPDATE',
};
const MOVE: Statement = {
  name: 'audit_alert_move',
  text: 'UPDATE audit_alert_progress SET position = $1::bigint',
};
const RULES: Statement = {
  name: 'audit_alert_rules_on',
  text: 'SELECT id, definition::text FROM audit_alert_rule WHERE enabled ORDER BY id',
};
const LOAD: Statement = {
  name: 'audit_alert_load',
  text: `
  SELECT s.rule, s.group_key, s.recent, s.raised
  FROM unnest($1::text[], $2::text[]) asked (rule, group_key) JOIN audit_alert_state s USING (rule, group_key)`,
};
const SAVE: Statement = {
  name: 'audit_alert_save',
  text: `
  INSERT INTO audit_alert_state (rule, group_key, recent, raised, expires)
  SELECT rule, group_key, recent::jsonb, raised, expires
  FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[]) s (rule, group_key, recent, raised, expires)
  ON CONFLICT (rule, group_key) DO UPDATE
  SET recent = EXCLUDED.recent, raised = EXCLUDED.raised, expires = EXCLUDED.expires`,
};
const PRUNE: Statement = {
  name: 'audit_alert_prune',
  text: 'DELETE FROM audit_alert_state WHERE expires < $1::bigint',
};
const RAISE: Statement = {
  name: 'audit_alert_raise',
  text: `
  INSERT INTO audit_alert (rule, group_key, at, first_position, last_position, count)
  SELECT rule, group_key, to_timestamp(at / 1000.0), first, last, count
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::int[])
    a (rule, group_key, at, first, last, count)
  ON CONFLICT DO NOTHING
  RETURNING rule, group_key, last_position`,
};

/**
 * Locks the progress: nobody else evaluates or changes a rule until this transaction ends.
 * @returns the position before which the rules have been evaluated
 */
export async function lockProgress(tx: Tx): Promise<number> {
  const [row] = await tx.query<{ position: string }>(LOCK);
  if (!row) throw new Error('the progress of the alerts is gone');
  return Number(row.position);
}

export async function moveProgress(tx: Tx, position: number): Promise<void> {
  await tx.query(MOVE, [position]);
}

/**
 * The rules that are in force. Asked for at every batch, so what was parsed for the last one is used again where the text is the same.
 */
export class EnabledRules {
  #parsed = new Map<string, AlertDefinition>();

  /** @throws where a stored definition is none: to pass by it would be a rule that silently never raises */
  async load(tx: Tx): Promise<AlertRule[]> {
    const rows = await tx.query<{ id: string; definition: string }>(RULES);
    const parse = (text: string) => this.#parsed.get(text) ?? alertDefinition.parse(JSON.parse(text));
    this.#parsed = new Map(rows.map(({ definition }) => [definition, parse(definition)]));
    return rows.map(({ id, definition }) => ({
      id,
      definition: this.#parsed.get(definition) as AlertDefinition,
    }));
  }
}

/** States in memory, of which those that were set can be told. */
export class StateMap implements States {
  private readonly states = new Map<string, GroupState>();
  private readonly changed = new Set<string>();

  get(rule: string, group: string): GroupState | undefined {
    return this.states.get(key(rule, group));
  }

  set(rule: string, group: string, state: GroupState): void {
    this.load(rule, group, state);
    this.changed.add(key(rule, group));
  }

  /** As it is stored: no change. */
  load(rule: string, group: string, state: GroupState): void {
    this.states.set(key(rule, group), state);
  }

  *changes(): Generator<{ rule: string; group: string; state: GroupState }> {
    for (const changed of this.changed) {
      const [rule = '', group = ''] = JSON.parse(changed) as string[];
      yield { rule, group, state: this.states.get(changed) as GroupState };
    }
  }
}

const key = (rule: string, group: string) => JSON.stringify([rule, group]);

export async function loadStates(tx: Tx, asked: readonly (readonly [string, string])[]): Promise<StateMap> {
  const states = new StateMap();
  if (asked.length === 0) return states;
  type Row = { rule: string; group_key: string; recent: Counted[]; raised: string | null };
  const rows = await tx.query<Row>(LOAD, [asked.map(([rule]) => rule), asked.map(([, group]) => group)]);
  for (const { rule, group_key, recent, raised } of rows) {
    states.load(rule, group_key, { recent, raised: raised === null ? null : Number(raised) });
  }
  return states;
}

export async function saveStates(
  tx: Tx,
  states: StateMap,
  expiry: (rule: string, state: GroupState) => number | null,
): Promise<void> {
  const changes = [...states.changes()];
  if (changes.length === 0) return;
  await tx.query(SAVE, [
    changes.map(({ rule }) => rule),
    changes.map(({ group }) => group),
    changes.map(({ state }) => JSON.stringify(state.recent)),
    changes.map(({ state }) => state.raised),
    changes.map(({ rule, state }) => expiry(rule, state)),
  ]);
}

/** Forgets states that no entry from this time on, in milliseconds since 1970, can need. */
export async function pruneStates(tx: Tx, before: number): Promise<void> {
  await tx.query(PRUNE, [Math.floor(before)]);
}

/** @returns those that had not been raised before */
export async function storeAlerts(tx: Tx, alerts: readonly Alert[]): Promise<Alert[]> {
  if (alerts.length === 0) return [];
  const rows = await tx.query<{ rule: string; group_key: string; last_position: string }>(RAISE, [
    alerts.map(({ rule }) => rule),
    alerts.map(({ group }) => group),
    alerts.map(({ at }) => at),
    alerts.map(({ first }) => first),
    alerts.map(({ last }) => last),
    alerts.map(({ count }) => count),
  ]);
  const stored = new Set(
    rows.map((row) => JSON.stringify([row.rule, row.group_key, Number(row.last_position)])),
  );
  return alerts.filter(({ rule, group, last }) => stored.has(JSON.stringify([rule, group, last])));
}
