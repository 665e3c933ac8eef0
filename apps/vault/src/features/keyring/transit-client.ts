import vault from 'node-vault';
import { KeyringUnavailable } from './keyring.errors.js';
import { type TransportOptions, transport } from './transit-transport.js';

export interface TransitClientOptions extends TransportOptions {
  readonly namespace?: string | undefined;
  /** milliseconds of a clock that never goes back */
  readonly now: () => number;
}

/** Requests to HashiCorp Vault or OpenBao. Throws KeyringRefused or KeyringUnavailable and nothing else. */
export class TransitClient {
  readonly #client: vault.client;
  readonly #now: () => number;
  #notBefore = -Infinity;

  constructor({ namespace = '', now, ...options }: TransitClientOptions) {
    this.#now = now;
    this.#client = vault({
      endpoint: options.address,
      'request-promise': transport(options),
      // With `DEBUG=node-vault` it would print keys as it sends and gets them.
      debug: () => undefined,
    });
    // What is left out it takes from the environment: VAULT_TOKEN, VAULT_NAMESPACE, VAULT_PREFIX.
    Object.assign(this.#client, { token: '', namespace, pathPrefix: '' });
  }

  read(path: string, token: string): Promise<unknown> {
    return this.ask(() => this.#client.read(path, withToken(token)));
  }

  /** @param token none for signing in */
  write(path: string, body: object, token?: string): Promise<unknown> {
    return this.ask(() => this.#client.write(path, body, withToken(token)));
  }

  /** A keyring that wants to be left alone for a while is: each request would prolong it. */
  private async ask(request: () => Promise<unknown>): Promise<unknown> {
    const wait = this.#notBefore - this.#now();
    if (wait > 0) throw new KeyringUnavailable('limited', Math.ceil(wait / 1_000));
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof KeyringUnavailable)) throw error;
      // Of requests under way together one may fail otherwise, and later: that is no leave to ask again.
      this.#notBefore = Math.max(this.#notBefore, this.#now() + error.retryAfterSeconds * 1_000);
      throw error;
    }
  }
}

/** With each request, never kept in the client: there a new token would not take the old one's place. */
function withToken(token: string | undefined): { headers: Record<string, string> } {
  return { headers: token === undefined ? {} : { 'X-Vault-Token': token } };
}
