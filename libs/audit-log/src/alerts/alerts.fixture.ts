import { type AlertDefinition, alertDefinition } from '@integument/contracts';
import { byteaArray } from '@integument/database';
import { FixedClock } from '@integument/testing';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { AuditEntry } from '../entry.js';
import type { Follower } from '../sql/follower.js';
import { TestLog } from '../sql/log.fixture.js';
import { putAlertRule, readAlerts } from './alert-rules.js';
import { type AlertsDependencies, alertsFollower } from './alerts-follower.js';
import type { Alert } from './evaluation.js';

/** What an entry of a test says that the usual one doesn't. */
export type Changes = Omit<Partial<AuditEntry>, 'at'> & { at?: Date };

/** A log whose alerts are looked for: new before each test of the file that makes one. */
export class TestAlerts {
  log!: TestLog;
  clock = new FixedClock();
  /** what the follower has told of */
  readonly heard: Alert[] = [];

  constructor() {
    beforeAll(async () => {
      this.log = await TestLog.open();
    });
    afterAll(() => this.log.drop());
    beforeEach(async () => {
      await this.log.reset();
      this.clock = new FixedClock();
      this.heard.length = 0;
    });
  }

  /** Writes entries as other code would have, at times of their own. */
  readonly write = async (...entries: Changes[]): Promise<void> => {
    const bytes = entries.map(({ at = this.clock.now(), ...changes }) => {
      const actor = { kind: 'staff', id: 'olivia' };
      return Buffer.from(
        JSON.stringify({
          v: 1,
          at: at.toISOString(),
          action: 'people.reveal',
          outcome: 'done',
          actor,
          ...changes,
        }),
      );
    });
    await this.log.unitOfWork.single((tx) =>
      tx.query('INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])', [byteaArray(bytes)]),
    );
    await this.log.integrator().integrate();
  };

  readonly follower = (options: Partial<AlertsDependencies> = {}): Follower => {
    const onError = (error: unknown) => {
      throw error;
    };
    return alertsFollower({
      unitOfWork: this.log.unitOfWork,
      audit: this.log.audit,
      onError,
      onAlert: (alert) => this.heard.push(alert),
      clock: this.clock.now,
      timing: { leaseMs: 30_000 },
      ...options,
    });
  };

  /** Evaluates all there is, as a process that has just started would. */
  readonly catchUp = async (options: Partial<AlertsDependencies> = {}): Promise<void> => {
    await this.query('UPDATE audit_follower SET holder = NULL');
    await this.follower(options).catchUp();
  };

  readonly query = <Row>(sql: string, values: unknown[] = []): Promise<Row[]> => {
    return this.log.unitOfWork.single((tx) => tx.query<Row>(sql, values));
  };

  readonly define = async (id: string, changes: Partial<AlertDefinition>, enabled = true) => {
    const definition = alertDefinition.parse({
      match: { actions: ['people.reveal'] },
      groupBy: 'actor',
      when: { kind: 'each' },
      coolDownSeconds: 0,
      ...changes,
    });
    return this.log.unitOfWork.run((tx) =>
      putAlertRule(tx, { id, title: 'a test', enabled, definition, changedAt: this.clock.now() }),
    );
  };

  /** Only the rules of a test. */
  readonly withoutDefaults = () => this.query('DELETE FROM audit_alert_rule');

  readonly stored = async (): Promise<Alert[]> => {
    const { alerts } = await this.log.unitOfWork.run((tx) => readAlerts(tx, { after: null, limit: 10_000 }));
    return alerts.reverse();
  };

  readonly alertEntries = async (): Promise<AuditEntry[]> => {
    await this.log.integrator().integrate();
    const rows = await this.query<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY position');
    return rows
      .map(({ entry }) => JSON.parse(entry.toString()) as AuditEntry)
      .filter(({ action }) => action === 'audit.alert');
  };
}

export const brief = (alerts: readonly Alert[]) =>
  alerts.map(({ rule, group, last }) => `${rule} ${group} ${last}`);
