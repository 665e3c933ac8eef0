import { createHash, hash } from 'node:crypto';
import {
  type CompactJWSHeaderParameters,
  calculateJwkThumbprint,
  EmbeddedJWK,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import { PROOF_ALGORITHMS, type ProofFault } from './challenge.js';
import type { ProofMarks } from './spent-proofs.js';
import { targetOf } from './target.js';

export interface DpopProofsOptions {
  /** This listener as its clients see it. What a request says of its host is not asked: it is the sender's word. */
  readonly publicUrl: string;
  readonly marks: ProofMarks;
  /** milliseconds since the epoch */
  readonly now?: () => number;
}

/** A token as it was shown, and what it was shown with. */
export interface ShownToken {
  readonly token: string;
  /** its claim `cnf`, as it came */
  readonly confirmation: unknown;
  /** every `DPoP` header of the request */
  readonly proofs: readonly string[];
  readonly method: string;
  /** of the request, with or without a query */
  readonly path: string;
}

/** Its message says which clause is broken; none of the proof's own text. */
export class BadProof extends Error {
  override readonly name = 'BadProof';
  constructor(
    clause: string,
    readonly fault: ProofFault = 'invalid_dpop_proof',
    options?: ErrorOptions,
  ) {
    super(clause, options);
  }
}

const WINDOW_SECONDS = 60;
const PROOF_MAX = 4_096;
const ID_MAX = 256;
/** RFC 7517 and 7518: members that only a private or a shared key has. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/**
 * Proofs that who sends a token holds the key that it is bound to (RFC 9449, section 4.3): a stolen token alone is worth nothing.
 * `jose` checks the signature and the header; what the proof says about the request is compared here.
 */
export class DpopProofs {
  readonly #base: string;
  readonly #marks: ProofMarks;
  readonly #now: () => number;

  constructor({ publicUrl, marks, now = Date.now }: DpopProofsOptions) {
    this.#base = publicUrl.replace(/\/+$/, '');
    this.#marks = marks;
    this.#now = now;
  }

  /**
   * Spends the proof: the same one is good for no second request.
   * @throws {BadProof}; whatever the store of marks throws when it is away
   */
  async check(shown: ShownToken): Promise<void> {
    const key = boundKey(shown.confirmation);
    const [proof, ...more] = shown.proofs;
    if (proof === undefined || more.length > 0 || proof.length > PROOF_MAX) throw new BadProof('one proof');
    const claims = await this.signedBy(key, proof);
    const until = this.fresh(claims);
    if (claims.htm !== shown.method) throw new BadProof('htm');
    if (!this.isFor(shown.path, claims.htu)) throw new BadProof('htu');
    if (claims.ath !== hash('sha256', shown.token, 'base64url')) throw new BadProof('ath');
    // Last: a proof that is no good must not use up the id of one that is.
    if (!(await this.#marks.spend(markOf(key, claims.jti), until))) throw new BadProof('jti');
  }

  private async signedBy(key: string, proof: string): Promise<JWTPayload> {
    const keyOfProof = async (header: CompactJWSHeaderParameters) => {
      await checkKey(header.jwk, key);
      return EmbeddedJWK(header);
    };
    try {
      const { payload } = await jwtVerify(proof, keyOfProof as never, {
        typ: 'dpop+jwt',
        algorithms: [...PROOF_ALGORITHMS],
        currentDate: new Date(this.#now()),
      });
      return payload;
    } catch (cause) {
      throw cause instanceof BadProof ? cause : new BadProof('signature', undefined, { cause });
    }
  }

  /** @returns when the proof is too old, and its id may be forgotten */
  private fresh({ iat }: JWTPayload): Date {
    if (typeof iat !== 'number' || Math.abs(this.#now() / 1_000 - iat) > WINDOW_SECONDS) {
      throw new BadProof('iat');
    }
    return new Date((iat + WINDOW_SECONDS) * 1_000);
  }

  private isFor(path: string, htu: unknown): boolean {
    const target = typeof htu === 'string' ? targetOf(htu) : null;
    return target !== null && target === targetOf(this.#base + path);
  }
}

/** @returns the thumbprint by which the provider bound the token to a key */
function boundKey(confirmation: unknown): string {
  const { jkt } = (confirmation ?? {}) as { jkt?: unknown };
  if (typeof jkt !== 'string') throw new BadProof('cnf', 'invalid_token');
  return jkt;
}

// Before the signature is looked at: nobody makes us compute with a key of their choice.
async function checkKey(jwk: unknown, key: string): Promise<void> {
  if (typeof jwk !== 'object' || jwk === null) throw new BadProof('jwk');
  if (PRIVATE.some((member) => member in jwk)) throw new BadProof('private jwk');
  if ((await calculateJwkThumbprint(jwk)) !== key) throw new BadProof('jkt', 'invalid_token');
}

/** The key belongs to it: nobody can use up the ids of another. */
function markOf(key: string, id: unknown): Buffer {
  if (typeof id !== 'string' || id === '' || id.length > ID_MAX) throw new BadProof('jti');
  return createHash('sha256').update(key).update('\0').update(id).digest();
}
