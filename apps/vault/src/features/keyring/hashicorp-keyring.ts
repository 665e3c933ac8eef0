import { randomBytes } from 'node:crypto';
import { context, KEY_BYTES } from '@integument/crypto';
import { z } from 'zod';
import { AppRole } from './app-role.js';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';
import type { KekKeyring, Keyring, Placed, RootVersions } from './keyring.js';
import { TransitClient } from './transit-client.js';

export interface HashicorpOptions {
  readonly address: string;
  readonly authority?: Buffer | undefined;
  readonly namespace?: string | undefined;
  readonly roleId: string;
  readonly secretIdFile: string;
  /** where the transit engine is mounted */
  readonly mount: string;
  /** name of the key in it: the root key */
  readonly key: string;
  /** how long one request may take; milliseconds */
  readonly timeoutMs?: number;
  readonly now?: () => number;
}

const TIMEOUT_MS = 4_000;
const CHECK = context('keyring_check', 'here');
const ELSEWHERE = context('keyring_check', 'elsewhere');

const rootKey = z.object({
  data: z.object({
    type: z.string(),
    derived: z.boolean(),
    exportable: z.boolean(),
    allow_plaintext_backup: z.boolean(),
    latest_version: z.int().positive(),
    min_decryption_version: z.int().positive(),
    // 0 where nothing was ever trimmed
    min_available_version: z.int().nonnegative().default(0),
  }),
});
type RootKey = z.output<typeof rootKey>['data'];

const WRAPPED = /^vault:v([1-9]\d{0,8}):[A-Za-z0-9+/]+={0,2}$/;
const batchResults = z.object({
  data: z.object({
    batch_results: z.array(
      z.object({
        ciphertext: z.string().regex(WRAPPED).optional(),
        plaintext: z.base64().optional(),
        error: z.string().optional(),
      }),
    ),
  }),
});

/**
 * The root key in the transit engine of HashiCorp Vault or OpenBao; it never leaves there. A place is the `context` of a
 * derived key. An `associated_data` would bind as well, but not every version that we may meet knows it, those that
 * don't ignore it silently, and OpenBao can't rewrap with one.
 */
export class HashicorpKeyring implements Keyring, KekKeyring {
  #checked: (Placed & { readonly key: Buffer }) | undefined;

  private constructor(
    private readonly options: HashicorpOptions,
    private readonly client: TransitClient,
    private readonly role: AppRole,
  ) {}

  /** @throws {KeyringRefused} for a root key that can leave the keyring, or that doesn't bind what it wraps to its place */
  static open(options: HashicorpOptions): Promise<HashicorpKeyring> {
    const client = clientOf(options);
    const role = new AppRole(client, { ...options, now: options.now ?? monotonic });
    return HashicorpKeyring.checked(new HashicorpKeyring(options, client, role));
  }

  /**
   * Another key of the same engine, used by the same role. Over connections of its own, and with a patience of its own: where this
   * one is asked too often, the root key is not left alone for it.
   * @throws {KeyringRefused} as `open` does
   */
  beside(key: string): Promise<HashicorpKeyring> {
    const options = { ...this.options, key };
    return HashicorpKeyring.checked(new HashicorpKeyring(options, clientOf(options), this.role));
  }

  private static async checked(keyring: HashicorpKeyring): Promise<HashicorpKeyring> {
    requireFit(await keyring.rootKey());
    await keyring.requireBinding();
    return keyring;
  }

  async wrap(keys: readonly Placed[]): Promise<Buffer[]> {
    const batch = keys.map(({ bytes, place }) => ({ plaintext: base64(bytes), context: base64(place) }));
    return (await this.batch('encrypt', batch, 'ciphertext')).map(wrappedOf);
  }

  async unwrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    const keys = await this.batch('decrypt', wrapped.map(itemOf), 'plaintext');
    return keys.map((key) => Buffer.from(key, 'base64'));
  }

  async unwrapEach(wrapped: readonly Placed[]): Promise<(Buffer | null)[]> {
    // What this keyring never wrapped would have the whole batch refused.
    const fit = wrapped.map(({ bytes }) => WRAPPED.test(bytes.toString('latin1')));
    const asked = wrapped.filter((_one, at) => fit[at]).map(itemOf);
    const results = asked.length > 0 ? resultsOf(await this.ask('decrypt', asked), asked.length) : [];
    let next = 0;
    return fit.map((isFit) => {
      const result = isFit ? results[next++] : undefined;
      return result ? plaintextOrNull(result) : null;
    });
  }

  async rewrap(wrapped: readonly Placed[]): Promise<Buffer[]> {
    return (await this.batch('rewrap', wrapped.map(itemOf), 'ciphertext')).map(wrappedOf);
  }

  async versions(): Promise<RootVersions> {
    const { latest_version, min_decryption_version, min_available_version } = await this.rootKey();
    const available = Math.max(1, min_available_version);
    return { newest: latest_version, oldest: min_decryption_version, available };
  }

  versionOf(wrapped: Buffer): number {
    return Number(WRAPPED.exec(textOf(wrapped))?.[1]);
  }

  /** The operator's: a vault that could make and destroy versions could destroy everybody's data. */
  async makeVersion(version: number): Promise<boolean> {
    return (await this.versions()).newest >= version;
  }

  async destroyBelow(version: number): Promise<boolean> {
    return (await this.versions()).available >= version;
  }

  /** With what was wrapped the last time: a key that was deleted and made anew works as well, and opens nothing of ours. */
  async check(): Promise<void> {
    const key = randomBytes(KEY_BYTES);
    const [wrapped] = await this.wrap([{ bytes: key, place: CHECK }]);
    if (!wrapped) throw new KeyringUnavailable('failing');
    const fresh = { bytes: wrapped, place: CHECK, key };
    const tried = this.#checked ? [this.#checked, fresh] : [fresh];
    const opened = await this.unwrap(tried);
    const same = tried.every((one, at) => opened[at]?.equals(one.key));
    if (!same) throw new KeyringRefused('the keyring unwraps another key than it wrapped');
    this.#checked = fresh;
  }

  private async rootKey(): Promise<RootKey> {
    const { mount, key } = this.options;
    const answer = await this.signedIn((token) => this.client.read(`${mount}/keys/${key}`, token));
    const parsed = rootKey.safeParse(answer);
    if (!parsed.success) throw new KeyringUnavailable('failing');
    return parsed.data.data;
  }

  /** Tried and not only read: a key that isn't derived takes a context, says nothing, and binds nothing. */
  private async requireBinding(): Promise<void> {
    const [wrapped] = await this.wrap([{ bytes: randomBytes(KEY_BYTES), place: CHECK }]);
    if (!wrapped) throw new KeyringUnavailable('failing');
    const moved = this.unwrap([{ bytes: wrapped, place: ELSEWHERE }]);
    const opened = await moved.catch((error: unknown) => {
      if (error instanceof KeyringRefused) return undefined;
      throw error;
    });
    if (opened) throw new KeyringRefused('a key of the keyring does not bind what it wraps to its place');
    await this.check();
  }

  private async batch(
    operation: 'decrypt' | 'encrypt' | 'rewrap',
    batch: readonly object[],
    field: 'ciphertext' | 'plaintext',
  ): Promise<string[]> {
    if (batch.length === 0) return [];
    return valuesOf(resultsOf(await this.ask(operation, batch), batch.length), field);
  }

  private ask(operation: string, batch: readonly object[]): Promise<unknown> {
    const path = `${this.options.mount}/${operation}/${this.options.key}`;
    return this.signedIn((token) => this.client.write(path, { batch_input: batch }, token));
  }

  /** A token may have been revoked at any time: one that isn't accepted is worth one new sign-in, and no second. */
  private async signedIn(request: (token: string) => Promise<unknown>): Promise<unknown> {
    const token = await this.role.token();
    try {
      return await request(token);
    } catch (error) {
      if (!(error instanceof KeyringUnavailable && error.why === 'denied')) throw error;
      this.role.forget(token);
      return request(await this.role.token());
    }
  }
}

function clientOf({
  address,
  authority,
  namespace,
  timeoutMs = TIMEOUT_MS,
  now = monotonic,
}: HashicorpOptions) {
  return new TransitClient({ address, authority, namespace, timeoutMs, now });
}

function requireFit({ type, derived, exportable, allow_plaintext_backup }: RootKey): void {
  if (type !== 'aes256-gcm96' || !derived) {
    throw new KeyringRefused('a key of the keyring must be of type aes256-gcm96 and derived');
  }
  if (exportable || allow_plaintext_backup) throw new KeyringRefused('a key can leave the keyring');
}

type Result = z.output<typeof batchResults>['data']['batch_results'][number];

/** As many as were asked for: a result at another's place would be another's key. */
function resultsOf(answer: unknown, count: number): Result[] {
  const parsed = batchResults.safeParse(answer);
  if (!parsed.success) throw new KeyringUnavailable('failing');
  const { batch_results: results } = parsed.data.data;
  if (results.length !== count) throw new KeyringUnavailable('failing');
  return results;
}

/** All or none. Some versions answer 200 to a batch of which all, or some, was refused. */
function valuesOf(results: readonly Result[], field: 'ciphertext' | 'plaintext'): string[] {
  if (results.some(({ error }) => error)) throw new KeyringRefused('the keyring refuses what it was asked');
  const values = results.flatMap((result) => result[field] || []);
  if (values.length !== results.length) throw new KeyringUnavailable('failing');
  return values;
}

function plaintextOrNull({ plaintext, error }: Result): Buffer | null {
  if (error) return null;
  if (!plaintext) throw new KeyringUnavailable('failing');
  return Buffer.from(plaintext, 'base64');
}

function itemOf({ bytes, place }: Placed): { ciphertext: string; context: string } {
  return { ciphertext: textOf(bytes), context: base64(place) };
}

/** What another kind of keyring wrapped is refused here, and sent nowhere. */
function textOf(wrapped: Buffer): string {
  const text = wrapped.toString('latin1');
  if (!WRAPPED.test(text)) throw new KeyringRefused('not wrapped by this kind of keyring');
  return text;
}

function wrappedOf(ciphertext: string): Buffer {
  return Buffer.from(ciphertext, 'latin1');
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64');
}

function monotonic(): number {
  return performance.now();
}
