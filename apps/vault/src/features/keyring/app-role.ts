import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';
import { RefusedSecret } from './refused-secret.js';
import type { TransitClient } from './transit-client.js';

export interface AppRoleOptions {
  readonly roleId: string;
  /** read at every sign-in, so that a new secret takes effect without a restart */
  readonly secretIdFile: string;
  readonly now: () => number;
}

interface Lease {
  readonly token: string;
  readonly renewable: boolean;
  readonly renewAt: number;
  readonly endsAt: number;
}

const signedIn = z.object({
  auth: z.object({
    client_token: z.string().min(1),
    lease_duration: z.number().nonnegative(),
    renewable: z.boolean(),
  }),
});

/** A token that has no end is still looked at once an hour. */
const ENDLESS_SECONDS = 3_600;

/** Signs in by AppRole, renews the token when two thirds of its life are over, and signs in anew when that is refused. */
export class AppRole {
  #lease: Lease | undefined;
  #pending: Promise<string> | undefined;
  readonly #refused: RefusedSecret;

  constructor(
    private readonly client: TransitClient,
    private readonly options: AppRoleOptions,
  ) {
    this.#refused = new RefusedSecret(options.now);
  }

  /** A token that was good when it was last heard of. All who ask at once wait for one sign-in. */
  token(): Promise<string> {
    if (this.#lease && this.options.now() < this.#lease.renewAt) return Promise.resolve(this.#lease.token);
    this.#pending ??= this.obtain().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  /** A token was not accepted. Another one, got meanwhile, stays. */
  forget(token: string): void {
    if (this.#lease?.token === token) this.#lease = undefined;
  }

  private async obtain(): Promise<string> {
    const now = this.options.now();
    const lease = this.#lease;
    const alive = lease?.renewable && now < lease.endsAt;
    const renewed = alive ? await this.renew(lease.token).catch(() => undefined) : undefined;
    this.#lease = leaseOf(renewed ?? (await this.signIn()), now);
    return this.#lease.token;
  }

  private renew(token: string): Promise<unknown> {
    return this.client.write('auth/token/renew-self', {}, token);
  }

  private async signIn(): Promise<unknown> {
    const secretId = (await readFile(this.options.secretIdFile, 'utf8').catch(denied)).trim();
    if (secretId === '' || !this.#refused.mayTry(secretId)) return denied();
    const login = { role_id: this.options.roleId, secret_id: secretId };
    return this.client.write('auth/approle/login', login).catch((error: unknown) => {
      if (!(error instanceof KeyringRefused)) throw error;
      // A wrong or used-up secret is a 400 there. An operator mends it, so it counts as away and not as wrong for good.
      this.#refused.note(secretId);
      return denied();
    });
  }
}

function leaseOf(answer: unknown, now: number): Lease {
  const parsed = signedIn.safeParse(answer);
  if (!parsed.success) throw new KeyringUnavailable('failing');
  const { client_token: token, lease_duration, renewable } = parsed.data.auth;
  const ms = (lease_duration || ENDLESS_SECONDS) * 1_000;
  return { token, renewable, renewAt: now + (ms * 2) / 3, endsAt: now + ms };
}

function denied(): never {
  throw new KeyringUnavailable('denied');
}
