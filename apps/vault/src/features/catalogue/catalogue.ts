import { IDENTITY_FIELDS, SENSITIVITY_OF, type Sensitivity, type TokenType } from '@integument/contracts';
import { CATALOGUE } from './identity-fields.js';
import { IDENTITY_KINDS } from './identity-kinds.js';
import type { Kind } from './kind.js';
import { type Mask, maskOf } from './mask.js';

/** A field whose values can have tokens. */
export interface TokenField {
  readonly name: string;
  readonly kind: Kind;
  readonly sensitivity: Sensitivity;
  readonly mask: Mask;
  readonly types: ReadonlySet<TokenType>;
}

/** Tokens of these clients are each other's. */
export interface SharedDomain {
  readonly name: string;
  readonly clients: ReadonlySet<string>;
}

const OPAQUE: ReadonlySet<TokenType> = new Set(['random', 'deterministic']);
/** No declared domain has a colon in its name. */
const OWN = 'client:';

/** What the vault knows of the values it keeps: the identity fields, and what the operator has declared. */
export class Catalogue {
  readonly #fields: ReadonlyMap<string, TokenField>;
  readonly #domains: readonly SharedDomain[];
  readonly #domainsOf = new Map<string, ReadonlySet<string>>();

  constructor(declared: readonly TokenField[] = [], domains: readonly SharedDomain[] = []) {
    this.#fields = new Map([...identityTokenFields(), ...declared].map((field) => [field.name, field]));
    this.#domains = domains;
  }

  find(field: string): TokenField | undefined {
    return this.#fields.get(field);
  }

  /** Where a client's tokens are when it says nothing, and otherwise what it may name. @returns null for what is not its own */
  domainFor(client: string, named: string | undefined): string | null {
    if (named === undefined) return `${OWN}${client}`;
    return this.domainsOf(client).has(named) ? named : null;
  }

  /** Every domain whose tokens the client shares. */
  domainsOf(client: string): ReadonlySet<string> {
    const known = this.#domainsOf.get(client);
    if (known) return known;
    const shared = this.#domains.filter(({ clients }) => clients.has(client)).map(({ name }) => name);
    const domains: ReadonlySet<string> = new Set([`${OWN}${client}`, ...shared]);
    this.#domainsOf.set(client, domains);
    return domains;
  }
}

/** The name that a domain has for those outside: a client's own has none. */
export function domainNameOf(domain: string): string | null {
  return domain.startsWith(OWN) ? null : domain;
}

export function maskedText({ kind, mask }: TokenField, text: string): string {
  return maskOf(mask, kind.parts(text));
}

function identityTokenFields(): TokenField[] {
  return IDENTITY_FIELDS.map((name) => {
    const kind = IDENTITY_KINDS.get(name);
    if (!kind) throw new Error('an identity field without a kind');
    return { name, kind, sensitivity: SENSITIVITY_OF[name], mask: CATALOGUE[name].mask, types: OPAQUE };
  });
}
