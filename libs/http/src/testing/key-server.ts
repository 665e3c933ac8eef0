import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const ISSUER = 'http://issuer.test';
export const AUDIENCE = 'urn:integument:test';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** An OpenID provider's key endpoint, and what it signs. */
export class KeyServer {
  private constructor(
    private readonly server: Server,
    private readonly key: PrivateKey,
    private readonly weakKey: PrivateKey,
    readonly publicJwk: Record<string, unknown>,
  ) {}

  static async start(): Promise<KeyServer> {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    // Genuine and published, but good only for an algorithm that nobody allowed.
    const weak = await generateKeyPair('RS384');
    const weakJwk = { ...(await exportJWK(weak.publicKey)), kid: 'weak', use: 'sig' };
    const server = createServer((_request, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk, weakJwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new KeyServer(server, privateKey, weak.privateKey, jwk);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/jwks`;
  }

  /** A token that is bound to a key. */
  bind(thumbprint: string, claims: JWTPayload = {}): Promise<string> {
    return this.sign({ cnf: { jkt: thumbprint }, ...claims });
  }

  /** A good token of the shop, but for what is given. */
  sign(claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    const payload = {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'shop',
      client_id: 'shop',
      iat: now,
      exp: now + 300,
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: 'one', typ: 'at+jwt', ...header })
      .sign(header.alg === 'RS384' ? this.weakKey : this.key);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
