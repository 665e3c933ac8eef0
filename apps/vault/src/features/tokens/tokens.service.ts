import type { AuditLog } from '@integument/audit-log';
import { type Regions, reaches } from '@integument/authz';
import {
  CodedError,
  type describeToken,
  type HeldToken,
  type ReplyOf,
  type removeTokens,
} from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import { domainNameOf } from '../catalogue/index.js';
import { isStored, type StoredToken, type TokenHolder } from './sealed-token.js';
import type { TokenLookup } from './token-lookup.js';
import { tokenDescribed, tokensRemoved } from './tokens.audit.js';
import { tokenNotFound } from './tokens.errors.js';
import type { TokensStore } from './tokens.store.js';

interface Reached {
  readonly kept: StoredToken;
  readonly holder: TokenHolder | null;
}

/** What is done with tokens without their values. `regions`: where the stored rules let the caller's ability reach. */
export class TokensService {
  constructor(
    private readonly store: TokensStore,
    private readonly lookup: TokenLookup,
    private readonly audit: AuditLog,
  ) {}

  async describe(
    tx: Tx,
    asker: Asker,
    held: HeldToken,
    regions: Regions,
  ): Promise<ReplyOf<typeof describeToken>> {
    const name = this.lookup.name(asker.caller, held);
    if (name instanceof CodedError) throw name;
    const [one] = await this.reached(tx, asker, [held], regions);
    const row = one && (await this.store.describe(tx, one.kept.token));
    if (!row) throw tokenNotFound();
    await this.audit.append(
      tx,
      tokenDescribed({ ...by(asker), ...subjectOf(one), fields: [row.field], count: 1 }),
    );
    return {
      field: row.field,
      type: row.type,
      domain: domainNameOf(row.domain),
      ofPerson: row.of_person,
      createdOn: row.created_on,
      expiresAt: row.expires_at?.toISOString() ?? null,
      usesLeft: row.uses_left,
    };
  }

  /** Removes what is there and the caller's: no request that begins after the answer reads a value by it. */
  async remove(
    tx: Tx,
    asker: Asker,
    held: readonly HeldToken[],
    regions: Regions,
  ): Promise<ReplyOf<typeof removeTokens>> {
    const reached = await this.reached(tx, asker, held, regions);
    const tokens = reached.map(({ kept }) => kept.token);
    const removed = tokens.length > 0 ? await this.store.remove(tx, tokens) : 0;
    const groups = grouped(reached, ({ holder }) => (holder ? bytesKey(holder.subject) : ''));
    const entries = groups.map((some) => ({
      ...by(asker),
      ...subjectOf(some[0]),
      fields: [...new Set(some.map(({ kept }) => kept.field))],
      count: some.length,
    }));
    // That there was nothing to remove is written down as well: it was asked.
    if (entries.length === 0) entries.push({ ...by(asker), fields: [], count: 0 });
    await this.audit.append(tx, ...entries.map((facts) => tokensRemoved(facts)));
    return { removed };
  }

  private async reached(
    tx: Tx,
    asker: Asker,
    held: readonly HeldToken[],
    regions: Regions,
  ): Promise<Reached[]> {
    const names = held.map((one) => this.lookup.name(asker.caller, one));
    const found = await this.lookup.find(tx, names);
    const holders = await this.lookup.hold(tx, found);
    const reached = new Map<StoredToken, Reached>();
    for (const name of names) {
      const kept = name instanceof CodedError ? name : found.get(asker.caller, name);
      if (kept instanceof CodedError || !isStored(kept)) continue;
      const holder = kept.personId && (holders.get(bytesKey(kept.personId)) ?? null);
      if (kept.personId && !holder) continue;
      if (reaches(regions, holder?.region ?? null)) reached.set(kept, { kept, holder });
    }
    return [...reached.values()];
  }
}

function subjectOf(one: Reached | undefined): { subject?: Buffer } {
  return one?.holder ? { subject: one.holder.subject } : {};
}
