import { randomInt, randomUUID } from 'node:crypto';
import { decodeId } from '@integument/crypto';
import { sessionLeasesOver } from '@integument/http';
import type { PlatformInfo } from '@integument/testing';
import pg from 'pg';
import { ByteSearch } from '../../../tools/demo/byte-search.js';
import { word } from '../../../tools/demo/canaries.js';
import { formsOfBytes, formsOfText, type Needle } from '../../../tools/demo/encodings.js';
import { readLogs } from '../../../tools/outside/log-files.js';
import { LogTables } from '../../../tools/proofs/audit/log-tables.js';

const TOKEN_BYTES = 21;
export const FOR_DELIVERY = { purpose: 'delivery', reason: { code: 'order', reference: 'ORDER-7' } } as const;
export const FOR_SUPPORT = {
  purpose: 'support',
  reason: { code: 'customer-request', reference: 'CASE-7' },
} as const;

/** A value that stands nowhere else in the world. */
export function loyaltyNumber(): string {
  return `L-${word()}`;
}

/** 16 digits that pass the Luhn check. */
export function cardNumber(): string {
  const body = `4${Array.from({ length: 14 }, () => randomInt(10)).join('')}`;
  const sum = [...body].reduce((sum, digit, at) => {
    const doubled = at % 2 === 0 ? Number(digit) * 2 : Number(digit);
    return sum + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return `${body}${(10 - (sum % 10)) % 10}`;
}

export const newKey = () => ({ 'idempotency-key': randomUUID() });

const AGE = `
  UPDATE vault_session SET factor_at = factor_at - make_interval(secs => $1)
  WHERE staff IN (SELECT account FROM staff WHERE 'support' = ANY(roles))`;

/** The vault's tokens, as its database holds them. */
export class TokenTable {
  private constructor(private readonly database: pg.Client) {}

  static async open({ databases }: PlatformInfo): Promise<TokenTable> {
    const database = new pg.Client(databases.vault.superuserUrl ?? '');
    await database.connect();
    return new TokenTable(database);
  }

  close(): Promise<void> {
    return this.database.end();
  }

  async count(domain = '%'): Promise<number> {
    const { rows } = await this.database.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM token WHERE domain LIKE $1',
      [domain],
    );
    return rows[0]?.n ?? 0;
  }

  /** As if so many seconds had passed since support used a second factor. */
  async ageFactors(seconds: number): Promise<void> {
    await this.database.query(AGE, [seconds]);
    await sessionLeasesOver();
  }
}

/** What must stand in no log and no audit entry. */
export class Unspeakable {
  readonly #needles: Needle[] = [];

  value(text: string): string {
    this.#needles.push(...formsOfText({ kind: 'value', value: text }));
    return text;
  }

  token(text: string): string {
    this.#needles.push(...formsOfText({ kind: 'token', value: text }));
    if (text.startsWith('tok_'))
      this.#needles.push(...formsOfBytes('token', decodeId('tok', text, TOKEN_BYTES)));
    return text;
  }

  /** @returns in which forms it stands in the logs, the audit entries, and in a text that has it all, to know that it would be found */
  async found(info: PlatformInfo): Promise<{ logs: string[]; entries: string[]; control: number }> {
    const tables = await LogTables.open(info);
    const entries = await tables.all('vault');
    await tables.close();
    const search = new ByteSearch(this.#needles);
    const forms = (bytes: Buffer) => {
      const found = new Set<Needle>();
      search.find(bytes, found);
      return [...found].map(({ kind, form }) => `${kind}: ${form}`);
    };
    return {
      logs: forms(Buffer.from(readLogs(info))),
      entries: forms(Buffer.concat(entries)),
      control: forms(Buffer.concat(this.#needles.map(({ bytes }) => bytes))).length / this.#needles.length,
    };
  }
}
