import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { revealTokens } from '@integument/contracts';
import { type PlatformInfo, platform } from '@integument/testing';
import pg from 'pg';
import { ask } from '../outside/ask.js';
import { Client } from '../outside/client.js';
import { CommandLine, ended, type Ran } from './cli.fixture.js';

export const REVEALING = ['--purpose', 'delivery', '--reason', 'order:ORDER-7'];
const REVEAL = { purpose: 'delivery', reason: { code: 'order', reference: 'ORDER-7' } } as const;

const OF_THE_PROGRAM = `FROM pg_stat_activity WHERE application_name = 'integument-strangle'`;

export type Row = Record<string, string | null>;

/** A run that waits for an application's transaction. */
export interface WaitingRun {
  readonly child: ChildProcess;
  readonly end: Promise<Ran>;
  /** ends the application's transaction, and its connection */
  readonly applicationEnds: (how: 'COMMIT' | 'ROLLBACK') => Promise<void>;
}

/** A shop's database of its own, and the command line that puts tokens into its tables. */
export class ShopDatabase {
  readonly #name = `shop_${randomBytes(5).toString('hex')}`;
  readonly #superuser: string;
  readonly #vault: pg.Client;
  readonly url: string;
  readonly target: pg.Client;
  readonly folder = mkdtempSync(join(tmpdir(), 'integument-strangle-'));
  readonly cli: CommandLine;

  constructor(private readonly info: PlatformInfo = platform()) {
    this.#superuser = info.databases.vault.superuserUrl ?? '';
    this.#vault = new pg.Client(info.databases.vault.url);
    this.url = Object.assign(new URL(this.#superuser), { pathname: `/${this.#name}` }).href;
    this.target = new pg.Client(this.url);
    this.cli = this.cliAt(this.url);
  }

  async open(): Promise<void> {
    await this.onServer(`CREATE DATABASE ${this.#name}`);
    await this.target.connect();
    await this.#vault.connect();
  }

  async close(): Promise<void> {
    await this.target.end();
    await this.#vault.end();
    await this.onServer(`DROP DATABASE ${this.#name} WITH (FORCE)`);
    rmSync(this.folder, { recursive: true });
  }

  private async onServer(statement: string): Promise<void> {
    const client = new pg.Client(this.#superuser);
    await client.connect();
    await client.query(statement).finally(() => client.end());
  }

  cliAt(url: string): CommandLine {
    return new CommandLine(this.info, { INTEGUMENT_TARGET_DATABASE_URL: url });
  }

  strangle(table: string, ...args: string[]): Promise<Ran> {
    return ended(this.start(table, ...args));
  }

  start(table: string, ...args: string[]): ChildProcess {
    return this.cli.start('strangle', '--table', table, '--left', join(this.folder, table), ...args);
  }

  /** Starts a run beside an application that has updated a row and not committed: the run reads what was, and then waits for the row. */
  async startBeside(update: string, table: string, ...args: string[]): Promise<WaitingRun> {
    const application = new pg.Client(this.url);
    await application.connect();
    await application.query(`BEGIN; ${update}`);
    const child = this.start(table, ...args);
    const end = ended(child);
    const waits = `SELECT 1 ${OF_THE_PROGRAM} AND wait_event_type = 'Lock'`;
    while ((await this.target.query(waits)).rows.length === 0 && child.exitCode === null) await sleep(10);
    const applicationEnds = async (how: 'COMMIT' | 'ROLLBACK') => {
      await application.query(how);
      await application.end();
    };
    return { child, end, applicationEnds };
  }

  /** The server learns late that a program was killed. */
  async untilNoRun(): Promise<void> {
    while ((await this.target.query(`SELECT 1 ${OF_THE_PROGRAM}`)).rows.length > 0) await sleep(10);
  }

  /** How many tokens the vault has. */
  async stored(): Promise<number> {
    const { rows } = await this.#vault.query<{ n: string }>('SELECT count(*) AS n FROM token');
    return Number(rows[0]?.n);
  }

  async rowsOf(table: string): Promise<Row[]> {
    return (await this.target.query<Row>(`SELECT * FROM ${table} ORDER BY 1, 2`)).rows;
  }

  /** The lines of a file that a run has left. */
  leftOf(name: string): unknown[] {
    const lines = readFileSync(join(this.folder, name), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as unknown);
  }

  async reveal(tokens: readonly unknown[]) {
    const body = { ...REVEAL, tokens } as never;
    const shop = new Client(this.info, 'brand-shop');
    return (await ask(shop, this.info.urls.vault, revealTokens, { body })).results;
  }
}
