import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import type { OpenIdProvider } from '../../openid-providers.js';
import { type Fetch, limitedFetch, ProviderAway } from './limited-fetch.js';

export interface TokenRules {
  /** the header's `typ`; any when absent, as ID tokens have none */
  readonly typ?: string;
  /** seconds since `iat` */
  readonly maxAge: number;
  readonly requiredClaims: readonly string[];
}

/**
 * Asymmetric ones alone, whatever the provider says it uses: with an HMAC among them its public key, or the secret that it shares
 * with us, would sign tokens (RFC 8725, section 3.1).
 */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];
const METADATA_MS = 300_000;
const KEYS_MS = 60_000;
/** Between two looks for a key that we don't know: strangers send tokens, too. */
const COOL_DOWN_MS = 5_000;
const TOLERANCE_SECONDS = 30;

interface Kept<T> {
  readonly value: Promise<T>;
  readonly since: number;
}
type Keys = ReturnType<typeof createLocalJWKSet>;

/** One provider as it can be asked: its metadata, its keys, the tokens that it signed. */
export class ProviderConnection {
  readonly #fetch: Fetch;
  readonly #plainHttp: boolean;
  #configuration: Kept<oidc.Configuration> | undefined;
  #keys: (Kept<Keys> & { readonly url: string }) | undefined;

  constructor(
    readonly settings: OpenIdProvider,
    private readonly patienceMs: number,
    private readonly now: () => number = Date.now,
  ) {
    // The settings let plain http in on loopback alone.
    this.#plainHttp = settings.issuer.startsWith('http:');
    this.#fetch = limitedFetch(patienceMs, this.#plainHttp);
  }

  /**
   * Found at first use, so that the provider need not be up when this app starts; asked for again after five minutes. One that
   * could not be had is not kept.
   * @throws {ProviderAway}
   */
  configuration(): Promise<oidc.Configuration> {
    if (!this.#configuration || this.now() - this.#configuration.since >= METADATA_MS) {
      const kept = { value: this.discover(), since: this.now() };
      kept.value.catch(() => {
        if (this.#configuration === kept) this.#configuration = undefined;
      });
      this.#configuration = kept;
    }
    return this.#configuration.value;
  }

  /**
   * Checks a token of this provider for this relying party: signature by a key that it publishes now or did a minute ago,
   * algorithm, issuer, audience, times.
   * @throws {ProviderAway} where its keys can't be had; jose's errors for a bad token
   */
  async verify(token: string, { typ, maxAge, requiredClaims }: TokenRules): Promise<JWTPayload> {
    const url = await this.keysUrl();
    const check = async (keys: Promise<Keys>) => {
      const { payload } = await jwtVerify(token, await keys, {
        issuer: this.settings.issuer,
        audience: this.settings.clientId,
        algorithms: ALGORITHMS,
        requiredClaims: ['iat', 'exp', ...requiredClaims],
        maxTokenAge: maxAge,
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(this.now()),
        ...(typ !== undefined && { typ }),
      });
      return payload;
    };
    try {
      return await check(this.keys(url, KEYS_MS));
    } catch (error) {
      if (!isUnknownKey(error)) throw error;
      // The key may be newer than what we know, also under a name that another had.
      return check(this.keys(url, COOL_DOWN_MS));
    }
  }

  /** The published keys, asked for again where they are older than that. */
  private keys(url: string, ms: number): Promise<Keys> {
    const known = this.#keys;
    if (known?.url === url && this.now() - known.since < ms) return known.value;
    const kept = { value: this.fetchKeys(url), since: this.now(), url };
    kept.value.catch(() => {
      if (this.#keys === kept) this.#keys = undefined;
    });
    this.#keys = kept;
    return kept.value;
  }

  private async fetchKeys(url: string): Promise<Keys> {
    const response = await this.#fetch(url, { headers: { accept: 'application/json' } });
    try {
      if (response.ok) return createLocalJWKSet((await response.json()) as JSONWebKeySet);
    } catch (error) {
      throw new ProviderAway('no keys', { cause: error });
    }
    throw new ProviderAway('no keys');
  }

  private async keysUrl(): Promise<string> {
    const url = (await this.configuration()).serverMetadata().jwks_uri;
    if (url === undefined) throw new ProviderAway('no address of keys');
    return url;
  }

  private async discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.settings;
    try {
      const configuration = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
        [oidc.customFetch]: (url, { body, ...init }) => this.#fetch(url, { ...init, body: body ?? null }),
        timeout: this.patienceMs / 1_000,
        execute: this.#plainHttp ? [oidc.allowInsecureRequests] : [],
      });
      // The library is content with the same URL, written another way, and with what some providers do; section 4.3 is not.
      if (configuration.serverMetadata().issuer !== issuer) throw new ProviderAway('another issuer');
      return configuration;
    } catch (error) {
      throw error instanceof ProviderAway ? error : new ProviderAway('no metadata', { cause: error });
    }
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
}
