import { IDENTITY_FIELDS, SENSITIVITY_OF, type Sensitivity, type TokenType } from '@integument/contracts';
import { CATALOGUE } from './identity-fields.js';
import { type Kind, type KindDeclaration, kindOf } from './kinds/index.js';
import { type Mask, maskOf } from './mask.js';

/** A field whose values can have tokens. */
export interface TokenField {
  readonly name: string;
  readonly kind: Kind;
  readonly sensitivity: Sensitivity;
  readonly mask: Mask;
  readonly types: ReadonlySet<TokenType>;
  /** Whether an erasure has to reach its values: else format-preserving tokens are the encrypted values, and nothing is kept. */
  readonly erasable: boolean;
}

/** Clients that share tokens. */
export interface SharedDomain {
  readonly name: string;
  readonly clients: ReadonlySet<string>;
}

type IdentityKinds = Readonly<Record<(typeof IDENTITY_FIELDS)[number], KindDeclaration>>;
const IDENTITY_KINDS: IdentityKinds = {
  email: { kind: 'email' },
  phone: { kind: 'phone' },
  given_name: { kind: 'name' },
  family_name: { kind: 'name' },
  birth_date: { kind: 'date' },
  postal_address: { kind: 'postal-address' },
  account_id: { kind: 'account' },
  language: { kind: 'line' },
};

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

  /** Names of all fields that there are. */
  get names(): string[] {
    return [...this.#fields.keys()];
  }

  /** Whether clients share a domain of this name. */
  declares(domain: string): boolean {
    return this.#domains.some(({ name }) => name === domain);
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

/** Every type that the kind allows. */
export function typesOf({ format }: Kind): ReadonlySet<TokenType> {
  return new Set<TokenType>(
    format ? ['random', 'deterministic', 'format-preserving'] : ['random', 'deterministic'],
  );
}

function identityTokenFields(): TokenField[] {
  return IDENTITY_FIELDS.map((name) => {
    const kind = kindOf(IDENTITY_KINDS[name]);
    const { mask } = CATALOGUE[name];
    return { name, kind, sensitivity: SENSITIVITY_OF[name], mask, types: typesOf(kind), erasable: true };
  });
}
