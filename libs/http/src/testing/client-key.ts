import { createHash, randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { PUBLIC_URL } from './test-app.js';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** What a proof is for. */
export interface Use {
  readonly token: string;
  readonly method?: string;
  readonly path?: string;
}

/** A key as a client holds it, and the proofs that it makes. */
export class ClientKey {
  private constructor(
    readonly privateKey: PrivateKey,
    readonly privateJwk: JWK,
    readonly publicJwk: JWK,
    readonly thumbprint: string,
    private readonly alg: string,
  ) {}

  static async make(alg = 'ES256'): Promise<ClientKey> {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const publicJwk = await exportJWK(publicKey);
    const thumbprint = await calculateJwkThumbprint(publicJwk);
    return new ClientKey(privateKey, await exportJWK(privateKey), publicJwk, thumbprint, alg);
  }

  /** Claims of a good proof. */
  claims({ token, method = 'GET', path = '/v1/things/a' }: Use): JWTPayload {
    return {
      jti: randomUUID(),
      htm: method,
      htu: PUBLIC_URL + path,
      iat: Math.floor(Date.now() / 1_000),
      ath: createHash('sha256').update(token).digest('base64url'),
    };
  }

  /** A good proof, but for what is given. */
  prove(use: Use, claims: JWTPayload = {}, header: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT({ ...this.claims(use), ...claims })
      .setProtectedHeader({ alg: this.alg, typ: 'dpop+jwt', jwk: this.publicJwk, ...header })
      .sign(this.privateKey);
  }
}
