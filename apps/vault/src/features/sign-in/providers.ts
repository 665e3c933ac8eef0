import type { OpenIdProvider } from '../../openid-providers.js';
import { ProviderConnection } from './provider-connection.js';
import { providerUnknown } from './sign-in.errors.js';

/** All providers that one can sign in at. */
export class Providers {
  readonly #all: readonly ProviderConnection[];

  /** @param patienceMs for one request to a provider */
  constructor(
    settings: readonly [OpenIdProvider, ...OpenIdProvider[]],
    patienceMs: number,
    now: () => number = Date.now,
  ) {
    this.#all = settings.map((provider) => new ProviderConnection(provider, patienceMs, now));
  }

  list(): { id: string; name: string }[] {
    return this.#all.map(({ settings: { id, name } }) => ({ id, name }));
  }

  /** The first where none is named. @throws CodedError `sign_in.provider_unknown` */
  get(id: string | undefined): ProviderConnection {
    const found = id === undefined ? this.#all[0] : this.#all.find(({ settings }) => settings.id === id);
    if (!found) throw providerUnknown();
    return found;
  }

  findByIssuer(issuer: string): ProviderConnection | null {
    return this.#all.find(({ settings }) => settings.issuer === issuer) ?? null;
  }

  /** Path of the vault to which this provider alone sends browsers back. */
  callbackPath({ settings: { id } }: ProviderConnection): string {
    return id === this.get(undefined).settings.id ? '/v1/sign-in/callback' : `/v1/sign-in/callback/${id}`;
  }
}
