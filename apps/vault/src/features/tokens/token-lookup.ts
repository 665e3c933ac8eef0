import { type Caller, callerId } from '@integument/authz';
import { CodedError, type HeldToken } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Catalogue, couldBeEncrypted } from '../catalogue/index.js';
import type { KeptToken, TokenHolder } from './sealed-token.js';
import { tokenOf } from './token-ids.js';
import { domainUnknown, malformed, tokenNotFound } from './tokens.errors.js';
import type { FormatName, TokensStore } from './tokens.store.js';

/** A token that a caller holds, read: by itself, or by what a format-preserving one is found by. */
export type NamedToken = { readonly token: Buffer } | FormatName;

/** Finds tokens that callers hold: their own and those of domains they share, and for staff everybody's. */
export class TokenLookup {
  constructor(
    private readonly store: TokensStore,
    private readonly catalogue: Catalogue,
  ) {}

  /** @returns the refusal of a text that no token ever had: it is not looked up */
  name(caller: Caller, held: HeldToken | string): NamedToken | CodedError {
    if (typeof held === 'string') {
      const token = tokenOf(held);
      return token ? { token } : malformed();
    }
    const { token: format, field } = held;
    const domain = this.domainOf(caller, held.domain);
    if (domain === null) return domainUnknown();
    const name = { domain, field, format };
    return this.isReversible(name) && !this.fits(name) ? malformed() : name;
  }

  async find(tx: Tx, names: readonly (NamedToken | CodedError)[]): Promise<FoundTokens> {
    const named = names.filter((name) => !(name instanceof CodedError));
    const tokens = named.flatMap((name) => ('token' in name ? [name.token] : []));
    const formats = named.flatMap((name) => ('format' in name ? [name] : []));
    const stored = formats.filter((name) => !this.isReversible(name));
    const found = new Map<string, KeptToken>();
    if (tokens.length > 0)
      for (const one of await this.store.find(tx, tokens)) found.set(bytesKey(one.token), one);
    if (stored.length > 0)
      for (const one of await this.store.findFormats(tx, stored)) found.set(formatKey(one), one);
    for (const name of formats)
      if (this.isReversible(name)) found.set(formatKey(name), { ...name, personId: null });
    return new FoundTokens(found, this.catalogue);
  }

  /** Staff share none: they may name each that there is. */
  private domainOf(caller: Caller, named: string | undefined): string | null {
    if (caller.kind !== 'staff') return this.catalogue.domainFor(callerId(caller), named);
    return named !== undefined && this.catalogue.declares(named) ? named : null;
  }

  /** Any text that could be one leads to a value, and no other does. */
  private fits({ field, format }: FormatName): boolean {
    const kept = this.catalogue.find(field)?.kind.format;
    return kept !== undefined && kept !== null && couldBeEncrypted(kept, format);
  }

  private isReversible({ field }: FormatName): boolean {
    const declared = this.catalogue.find(field);
    return declared !== undefined && !declared.erasable && declared.types.has('format-preserving');
  }

  /** Whose these are, held until the transaction ends, so that nobody's erasure is answered before what was told of them. */
  async hold(tx: Tx, found: FoundTokens): Promise<ReadonlyMap<string, TokenHolder>> {
    const people = new Map(
      found.all().flatMap(({ personId }) => (personId ? [[bytesKey(personId), personId] as const] : [])),
    );
    return people.size > 0 ? this.store.hold(tx, [...people.values()]) : new Map();
  }
}

/** What was found for several callers at once; each gets only what is theirs. */
export class FoundTokens {
  constructor(
    private readonly found: ReadonlyMap<string, KeptToken>,
    private readonly catalogue: Catalogue,
  ) {}

  /** "Absent" and "not yours" are one answer. */
  get(caller: Caller, name: NamedToken): KeptToken | CodedError {
    const one = this.found.get('token' in name ? bytesKey(name.token) : formatKey(name));
    if (!one) return tokenNotFound();
    const isTheirs = caller.kind === 'staff' || this.catalogue.domainsOf(callerId(caller)).has(one.domain);
    return isTheirs ? one : tokenNotFound();
  }

  all(): KeptToken[] {
    return [...this.found.values()];
  }
}

function formatKey({ domain, field, format }: FormatName): string {
  return `${domain} ${field} ${format}`;
}
