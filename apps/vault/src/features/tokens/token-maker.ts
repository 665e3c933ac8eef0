import type { AuditLog } from '@integument/audit-log';
import { callerId, type Regions, reaches } from '@integument/authz';
import { CodedError } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, forbidden } from '@integument/http';
import { Turns } from '../../platform/turns.js';
import { encryptToken } from '../catalogue/index.js';
import { openedOr } from '../keys/index.js';
import { CONSOLE, personNotFound } from '../people/index.js';
import type { KnownValues } from './known-values.js';
import { madeEntries, madeEntry } from './made-entries.js';
import type { NewTokenRow, TokenHolder } from './sealed-token.js';
import { type TokenIds, tokenText } from './token-ids.js';
import type { LentKey, TokenSealer } from './token-sealer.js';
import { tokenBroken } from './tokens.errors.js';
import type { TokensStore } from './tokens.store.js';
import { isReversible, type TokenWish, type WantedToken } from './wanted-token.js';
import { writeSame } from './write-same.js';

/** As callers hold it. */
export type Made = string | CodedError;

/** A token that is ready: to be written, or made already where nothing of it is kept. */
export interface PreparedToken {
  readonly wanted: WantedToken;
  readonly holder: TokenHolder | null;
  readonly row: NewTokenRow | null;
  readonly encrypted?: string;
}

/** Plain tokens that are ready to be written. */
export interface PlainTokens {
  readonly rows: readonly NewTokenRow[];
  /** as callers hold them */
  readonly texts: readonly string[];
  readonly entry: ReturnType<typeof madeEntry>;
}

/** Makes tokens: seals what they stand for, and writes them with what the audit log says of it. */
export class TokenMaker {
  constructor(
    private readonly store: TokensStore,
    private readonly ids: TokenIds,
    private readonly sealer: TokenSealer,
    private readonly known: KnownValues,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Of tokens that are nobody's, others each time, and for ever: what most are. All the computing, before a connection is taken.
   * @param tx where one is open all the same
   */
  async preparePlain(
    asker: Asker,
    wanted: readonly WantedToken[],
    tx: Tx | null = null,
  ): Promise<PlainTokens> {
    const ids = await this.ids.take(wanted.length, tx);
    const lent = this.sealer.lend(wanted.length);
    const turns = new Turns();
    const rows = await turns.map(wanted, (one, at) => this.rowOf(one, ids[at], lent));
    const texts = await turns.map(rows, ({ token }) => tokenText(token));
    return { rows, texts, entry: madeEntry(asker, wanted, null) };
  }

  insertPlain(tx: Tx, made: readonly PlainTokens[]): void {
    const rows = made.flatMap((one) => one.rows);
    this.store.insertPlain(tx, rows, this.audit.encode(...made.map(({ entry }) => entry)));
  }

  /** @returns in the order of what was asked for: each token, or why there is none */
  async make(tx: Tx, asker: Asker, wishes: readonly TokenWish[], regions: Regions): Promise<Made[]> {
    const holders = await this.holdersOf(tx, asker, wishes, regions);
    this.sealer.demandWarm(holders.values());
    const wanted = await this.known.read(tx, wishes, holders);
    const ids = await this.ids.take(wanted.length, tx);
    const prepared = await new Turns().map(wanted, (one, at) => this.prepare(one, ids[at], holders, regions));
    const ready = prepared.flatMap((one) => (one instanceof CodedError ? [] : [one]));
    const made = await this.write(tx, ready);
    const done = ready.filter((one) => typeof made.get(one) === 'string');
    if (done.length > 0) await this.audit.append(tx, ...madeEntries(asker, done));
    return prepared.map((one) => (one instanceof CodedError ? one : madeOf(made, one)));
  }

  private async write(tx: Tx, prepared: readonly PreparedToken[]): Promise<ReadonlyMap<PreparedToken, Made>> {
    const made = new Map<PreparedToken, Made>();
    const random = prepared.flatMap(({ row }) => (row && row.digest === null ? [row] : []));
    if (random.length > 0) this.store.insertRandom(tx, random);
    for (const one of prepared) {
      if (one.encrypted !== undefined) made.set(one, one.encrypted);
      else if (one.row && one.row.digest === null) made.set(one, tokenText(one.row.token));
    }
    const same = prepared.filter(({ row }) => row && row.digest !== null);
    for (const [one, token] of await writeSame(this.store, tx, same)) made.set(one, token);
    return made;
  }

  private prepare(
    wanted: CodedError | WantedToken,
    token: Buffer | undefined,
    holders: ReadonlyMap<string, TokenHolder>,
    regions: Regions,
  ): PreparedToken | CodedError {
    if (wanted instanceof CodedError) return wanted;
    const holder = wanted.person && (holders.get(bytesKey(wanted.person)) ?? null);
    if (wanted.person && !holder) return personNotFound();
    if (!wanted.person && !reaches(regions, null)) return forbidden();
    if (isReversible(wanted)) return this.encrypt(wanted);
    const row = openedOr(tokenBroken, () => this.rowOf(wanted, token, holder ?? this.sealer.lend(1)));
    return row instanceof CodedError ? row : { wanted, holder, row };
  }

  private encrypt(wanted: WantedToken): PreparedToken | CodedError {
    const { field, domain, text } = wanted;
    if (!field.kind.format) throw new Error('a format-preserving token of a field without a format');
    try {
      const encrypted = encryptToken(field.kind.format, text, this.sealer.cipher(field.name, domain));
      return { wanted, holder: null, row: null, encrypted };
    } catch (error) {
      if (error instanceof CodedError && error.status < 500) return error;
      throw error;
    }
  }

  private rowOf(
    { field, domain, type, text, stored, expiresAt, uses }: WantedToken,
    token: Buffer | undefined,
    under: TokenHolder | LentKey,
  ): NewTokenRow {
    if (!token) throw new Error('fewer tokens than values');
    const same = type === 'random' ? NEVER_SAME : this.sealer.same(field, domain, text, { type, stored });
    const sealed = this.sealer.seal(token, field.name, domain, text, under);
    // Written out: with objects spread into it, making the row costs a third of what sealing does.
    return {
      token,
      field: sealed.field,
      domain: sealed.domain,
      personId: sealed.personId,
      domainKey: sealed.domainKey,
      sealed: sealed.sealed,
      digest: same.digest,
      indexKey: same.indexKey,
      ofStored: type !== 'random' && stored,
      digests: same.digests,
      format: null,
      expiresAt,
      usesLeft: uses,
    };
  }

  private async holdersOf(
    tx: Tx,
    { caller }: Asker,
    wishes: readonly TokenWish[],
    regions: Regions,
  ): Promise<ReadonlyMap<string, TokenHolder>> {
    const names = wishes.flatMap(({ person }) => (person ? [person] : []));
    if (names.length === 0) return new Map();
    const client = caller.kind === 'client' ? callerId(caller) : CONSOLE;
    return this.store.holdByPseudonym(tx, client, names, regions);
  }
}

export function isPlain(wish: TokenWish): wish is WantedToken {
  const { type, person, expiresAt, uses } = wish;
  return type === 'random' && person === null && expiresAt === null && uses === null;
}

const NEVER_SAME = { digest: null, indexKey: null, digests: [] };

function madeOf(made: ReadonlyMap<PreparedToken, Made>, prepared: PreparedToken): Made {
  const token = made.get(prepared);
  if (token === undefined) throw new Error('a token was neither made nor refused');
  return token;
}
