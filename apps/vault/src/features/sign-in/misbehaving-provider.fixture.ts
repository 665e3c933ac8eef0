import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { OpenIdProvider } from '../../openid-providers.js';

type Serve = (request: IncomingMessage, response: ServerResponse) => unknown;
type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: PrivateKey;
  readonly publicJwk: JWK;
}

/** What it does otherwise than a provider should; each is on its own. */
export interface Misbehaviour {
  readonly metadata?: (metadata: Record<string, unknown>) => Record<string, unknown>;
  /** changes the query by which the browser is sent back */
  readonly answer?: (query: URLSearchParams) => unknown;
  readonly claims?: (claims: Record<string, unknown>) => Record<string, unknown>;
  /** makes the ID token, in place of signing it with the published key */
  readonly sign?: (claims: JWTPayload) => string | Promise<string>;
  /** answers a path itself */
  readonly serve?: Readonly<Record<string, Serve>>;
}

export const DISCOVERY = '/.well-known/openid-configuration';
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * An OpenID provider on loopback that does what a test wants. Left alone it does what it should, but for one thing that no relying
 * party may count on: it gives tokens for a code as often as it is asked. It also claims to use every algorithm there is.
 */
export class MisbehavingProvider {
  misbehaviour: Misbehaviour = {};
  /** who signs in next */
  subject = 'alice';
  /** paths that it was asked for since the last `reset` */
  asked: string[] = [];
  readonly clientSecret = randomBytes(16).toString('hex');
  readonly #codes = new Map<string, { nonce: string; challenge: string; redirectUri: string; sub: string }>();

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
    public key: SigningKey,
  ) {}

  static async start(): Promise<MisbehavingProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const provider = new MisbehavingProvider(server, issuer, await newKey());
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void provider.respond(request, response);
    });
    return provider;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  reset(): void {
    this.misbehaviour = {};
    this.subject = 'alice';
    this.asked = [];
  }

  /** The published key is another one from here on. @returns the one before */
  async rotate(): Promise<SigningKey> {
    const before = this.key;
    this.key = await newKey();
    return before;
  }

  settings(more: Partial<OpenIdProvider> = {}): OpenIdProvider {
    const { issuer, clientSecret } = this;
    return {
      id: 'main',
      name: 'Main',
      issuer,
      clientId: 'integument',
      clientSecret,
      staff: true,
      acrValues: [],
      ...more,
    };
  }

  timesAsked(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }

  metadata(): Record<string, unknown> {
    const at = (path: string) => `${this.issuer}${path}`;
    return {
      issuer: this.issuer,
      authorization_endpoint: at('/auth'),
      token_endpoint: at('/token'),
      jwks_uri: at('/jwks'),
      end_session_endpoint: at('/end'),
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256', 'ES384', 'HS256', 'none'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  /** Signs as it publishes, or with another key, or under another header. */
  sign(claims: JWTPayload, key = this.key, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', kid: key.kid, ...header })
      .sign(key.privateKey);
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.issuer);
    this.asked.push(url.pathname);
    const own = this.misbehaviour.serve?.[url.pathname];
    if (own) own(request, response);
    else if (url.pathname === DISCOVERY)
      this.json(response, this.misbehaviour.metadata?.(this.metadata()) ?? this.metadata());
    else if (url.pathname === '/jwks') this.json(response, { keys: [this.key.publicJwk] });
    else if (url.pathname === '/auth') this.authorize(url.searchParams, response);
    else if (url.pathname === '/token') await this.token(new URLSearchParams(await text(request)), response);
    else response.writeHead(404).end();
  }

  /** Asks nobody: whoever comes is `subject`. */
  private authorize(query: URLSearchParams, response: ServerResponse): void {
    const of = (name: string) => query.get(name) ?? '';
    const code = randomBytes(16).toString('base64url');
    const redirectUri = of('redirect_uri');
    this.#codes.set(code, {
      nonce: of('nonce'),
      challenge: of('code_challenge'),
      redirectUri,
      sub: this.subject,
    });
    const answer = new URLSearchParams({ code, state: of('state'), iss: this.issuer });
    this.misbehaviour.answer?.(answer);
    response.writeHead(303, { location: `${redirectUri}?${answer.toString()}` }).end();
  }

  private async token(form: URLSearchParams, response: ServerResponse): Promise<void> {
    const issued = this.#codes.get(form.get('code') ?? '');
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (form.get('client_secret') !== this.clientSecret) {
      return this.json(response, { error: 'invalid_client' }, 401);
    }
    if (issued?.challenge !== challenge || issued.redirectUri !== form.get('redirect_uri')) {
      return this.json(response, { error: 'invalid_grant' }, 400);
    }
    const now = Math.floor(Date.now() / 1_000);
    const { sub, nonce } = issued;
    const usual = {
      iss: this.issuer,
      aud: 'integument',
      sub,
      nonce,
      iat: now,
      exp: now + 300,
      auth_time: now,
    };
    const claims = this.misbehaviour.claims?.(usual) ?? usual;
    const idToken = await (this.misbehaviour.sign?.(claims) ?? this.sign(claims));
    this.json(response, { access_token: 'unused', token_type: 'Bearer', id_token: idToken });
  }

  private json(response: ServerResponse, body: unknown, status = 200): void {
    response.writeHead(status, JSON_TYPE).end(JSON.stringify(body));
  }
}

export async function newKey(kid = randomBytes(6).toString('hex'), alg = 'ES256'): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg } };
}
