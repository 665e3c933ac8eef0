import type { AuditLog } from '@integument/audit-log';
import { callerId, type Regions, reaches } from '@integument/authz';
import type { CodedError, TokenType } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type Asker, by, forbidden } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import { CONSOLE, personNotFound } from '../people/index.js';
import type { NewTokenRow, TokenHolder } from './sealed-token.js';
import { type TokenIds, tokenText } from './token-ids.js';
import type { TokenSealer } from './token-sealer.js';
import { tokensMade } from './tokens.audit.js';
import { formatExhausted } from './tokens.errors.js';
import type { TokensStore } from './tokens.store.js';
import type { WantedToken } from './wanted-token.js';

/** As callers hold it. */
export type Made = string | CodedError;

interface Prepared {
  readonly wanted: WantedToken;
  readonly holder: TokenHolder | null;
  readonly row: NewTokenRow;
}

/** A format is drawn as often at most: where one in two is taken, one in a million values finds none. */
const DRAWS = 20;

/** Makes tokens: seals what they stand for, and writes them with what the audit log says of it. */
export class TokenMaker {
  constructor(
    private readonly store: TokensStore,
    private readonly ids: TokenIds,
    private readonly sealer: TokenSealer,
    private readonly audit: AuditLog,
  ) {}

  /** Of a token that is nobody's, another each time, and for ever: what most are. All the computing, before a connection is taken. */
  async preparePlain(asker: Asker, wanted: readonly WantedToken[]): Promise<PlainTokens> {
    const ids = await this.ids.take(wanted.length);
    const rows = wanted.map((one, at) => this.rowOf(one, ids[at], null));
    return { rows, texts: rows.map(({ token }) => tokenText(token)), entry: madeEntry(asker, wanted, null) };
  }

  async insertPlain(tx: Tx, made: readonly PlainTokens[]): Promise<void> {
    const rows = made.flatMap((one) => one.rows);
    await this.store.insertPlain(tx, rows, this.audit.encode(...made.map(({ entry }) => entry)));
  }

  /** @returns in the order of what was asked for: each token, or why there is none */
  async make(tx: Tx, asker: Asker, wanted: readonly WantedToken[], regions: Regions): Promise<Made[]> {
    const holders = await this.holdersOf(tx, asker, wanted, regions);
    const ids = await this.ids.take(wanted.length);
    const prepared = wanted.map((one, at) => this.prepare(one, ids[at], holders, regions));
    const rows = prepared.flatMap((one) => ('row' in one ? [one] : []));
    const made = await this.write(tx, rows);
    const done = rows.filter(({ row }) => typeof made.get(row) === 'string');
    if (done.length > 0) await this.audit.append(tx, ...entriesOf(asker, done));
    return prepared.map((one) => ('row' in one ? (made.get(one.row) ?? formatExhausted()) : one));
  }

  private async write(tx: Tx, prepared: readonly Prepared[]): Promise<ReadonlyMap<NewTokenRow, Made>> {
    const made = new Map<NewTokenRow, Made>();
    const random = prepared.filter(({ row }) => row.digest === null);
    if (random.length > 0) await this.store.insert(tx, rowsOf(random));
    for (const { row } of random) made.set(row, tokenText(row.token));
    const same = prepared.filter(({ row }) => row.digest !== null);
    for (const [row, one] of await this.writeSame(tx, same)) made.set(row, one);
    return made;
  }

  /** In one order, so that two batches with the same values don't wait for each other in a circle. */
  private async writeSame(tx: Tx, prepared: readonly Prepared[]): Promise<ReadonlyMap<NewTokenRow, Made>> {
    const made = new Map<NewTokenRow, Made>();
    let left = [...prepared].sort((one, other) => byDigest(one.row, other.row));
    for (let draws = 0; left.length > 0 && draws < DRAWS; draws++) {
      const rows = rowsOf(left);
      await this.store.insert(tx, rows);
      const found = await this.store.findSame(tx, rows);
      for (const [at, { row }] of left.entries()) {
        const there = found[at];
        if (there) made.set(row, there.format ?? tokenText(there.token));
      }
      left = left.filter(({ row }) => !made.has(row));
    }
    for (const { row } of left) made.set(row, formatExhausted());
    return made;
  }

  private prepare(
    wanted: WantedToken,
    token: Buffer | undefined,
    holders: ReadonlyMap<string, TokenHolder>,
    regions: Regions,
  ): Prepared | CodedError {
    if (wanted.person === null) {
      if (!reaches(regions, null)) return forbidden();
      return { wanted, holder: null, row: this.rowOf(wanted, token, null) };
    }
    const holder = holders.get(wanted.person.toString('latin1'));
    if (!holder) return personNotFound();
    return { wanted, holder, row: this.rowOf(wanted, token, holder) };
  }

  private rowOf(
    { field, domain, type, text, expiresAt, uses }: WantedToken,
    token: Buffer | undefined,
    holder: TokenHolder | null,
  ): NewTokenRow {
    if (!token) throw new Error('fewer tokens than values');
    const same =
      type === 'random' ? NEVER_SAME : this.sealer.digest(field.name, domain, field.kind.normalise(text));
    return {
      ...this.sealer.seal(token, field.name, domain, text, holder),
      ...same,
      format: null,
      expiresAt,
      usesLeft: uses,
    };
  }

  private async holdersOf(
    tx: Tx,
    { caller }: Asker,
    wanted: readonly WantedToken[],
    regions: Regions,
  ): Promise<ReadonlyMap<string, TokenHolder>> {
    const names = wanted.flatMap(({ person }) => (person ? [person] : []));
    if (names.length === 0) return new Map();
    return this.store.holdByPseudonym(
      tx,
      caller.kind === 'client' ? callerId(caller) : CONSOLE,
      names,
      regions,
    );
  }
}

/** Plain tokens that are ready to be written. */
export interface PlainTokens {
  readonly rows: readonly NewTokenRow[];
  /** as callers hold them */
  readonly texts: readonly string[];
  readonly entry: ReturnType<typeof tokensMade>;
}

export function isPlain({ type, person, expiresAt, uses }: WantedToken): boolean {
  return type === 'random' && person === null && expiresAt === null && uses === null;
}

const NEVER_SAME = { digest: null, indexKey: null };

function rowsOf(prepared: readonly Prepared[]): NewTokenRow[] {
  return prepared.map(({ row }) => row);
}

function byDigest(one: NewTokenRow, other: NewTokenRow): number {
  return Buffer.compare(one.digest ?? Buffer.alloc(0), other.digest ?? Buffer.alloc(0));
}

/** One entry for what is nobody's, and one for each person. */
function entriesOf(asker: Asker, prepared: readonly Prepared[]): ReturnType<typeof tokensMade>[] {
  return grouped(prepared, ({ holder }) => holder?.subject.toString('latin1') ?? '').map((some) => {
    const wanted = some.map((one) => one.wanted);
    return madeEntry(asker, wanted, some[0]?.holder?.subject ?? null);
  });
}

function madeEntry(
  asker: Asker,
  wanted: readonly WantedToken[],
  subject: Buffer | null,
): ReturnType<typeof tokensMade> {
  const types = new Set<TokenType>();
  const fields = new Set<string>();
  for (const { type, field } of wanted) {
    types.add(type);
    fields.add(field.name);
  }
  return tokensMade({
    ...by(asker),
    ...(subject && { subject }),
    fields: [...fields],
    count: wanted.length,
    details: { types: [...types] },
  });
}
