import { createHash } from 'node:crypto';
import type { beginPasskey, beginUse, NewPasskey, PasskeyAssertion, ReplyOf } from '@integument/contracts';
import { context } from '@integument/crypto';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { decodeAttestationObject } from '@simplewebauthn/server/helpers';

const TIMEOUT_MS = 300_000;
/** COSE: EdDSA, ES256, RS256. */
const ALGORITHMS = [-8, -7, -257];

export interface Passkey {
  readonly credential: Buffer;
  /** COSE key */
  readonly publicKey: Buffer;
  readonly counter: number;
}

/**
 * The vault as a relying party of WebAuthn. The ceremony happens in the web app's page, so the passkey is bound to that origin:
 * another page gets no answer from it that is accepted here.
 */
export class Passkeys {
  readonly #rpId: string;

  constructor(private readonly webOrigin: string) {
    this.#rpId = new URL(webOrigin).hostname;
  }

  creationOptions(
    challenge: Buffer,
    account: Buffer,
    roles: readonly string[],
    known: readonly Buffer[],
  ): ReplyOf<typeof beginPasskey> {
    const name = roles.join(', ');
    return {
      challenge: challenge.toString('base64url'),
      rp: { id: this.#rpId, name: 'Integument' },
      // An authenticator keeps one passkey for each of these, and shows the name: neither says who it is.
      user: { id: userHandle(account), name, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key', alg })),
      timeout: TIMEOUT_MS,
      attestation: 'none',
      excludeCredentials: known.map(descriptor),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    };
  }

  requestOptions(challenge: Buffer, known: readonly Buffer[]): ReplyOf<typeof beginUse> {
    return {
      challenge: challenge.toString('base64url'),
      rpId: this.#rpId,
      timeout: TIMEOUT_MS,
      allowCredentials: known.map(descriptor),
      userVerification: 'required',
    };
  }

  /** WebAuthn Level 3, section 7.1. @returns null for whatever is not a passkey made for this challenge, here, by its user */
  async verifyNew(made: NewPasskey, challenge: Buffer): Promise<Passkey | null> {
    return orNull(async () => {
      if (bringsCertificates(made)) return null;
      const { verified, registrationInfo } = await verifyRegistrationResponse({
        response: { ...made, clientExtensionResults: {} },
        expectedChallenge: challenge.toString('base64url'),
        expectedOrigin: this.webOrigin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!verified) return null;
      const { id, publicKey, counter } = registrationInfo.credential;
      return { credential: Buffer.from(id, 'base64url'), publicKey: Buffer.from(publicKey), counter };
    });
  }

  /** WebAuthn Level 3, section 7.2. @returns the passkey's counter, which has risen; null for whatever it did not sign */
  async verifyAssertion(
    assertion: PasskeyAssertion,
    challenge: Buffer,
    passkey: Passkey,
  ): Promise<number | null> {
    return orNull(async () => {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: { ...assertion, clientExtensionResults: {} },
        expectedChallenge: challenge.toString('base64url'),
        expectedOrigin: this.webOrigin,
        expectedRPID: this.#rpId,
        requireUserVerification: true,
        credential: {
          id: passkey.credential.toString('base64url'),
          publicKey: new Uint8Array(passkey.publicKey),
          counter: passkey.counter,
        },
      });
      return verified ? authenticationInfo.newCounter : null;
    });
  }
}

/**
 * We ask for no attestation. One with certificates would have the library build chains and fetch revocation lists from addresses
 * that whoever made it wrote into them.
 */
function bringsCertificates({ response }: NewPasskey): boolean {
  const attestation = decodeAttestationObject(
    new Uint8Array(Buffer.from(response.attestationObject, 'base64url')),
  );
  const format = attestation.get('fmt');
  const bare = format === 'none' || format === 'packed';
  return !bare || attestation.get('attStmt').get('x5c') !== undefined;
}

/** The library throws for each thing that is wrong, in words that hold what was sent; none of them is ours to repeat. */
async function orNull<T>(verify: () => Promise<T | null>): Promise<T | null> {
  try {
    return await verify();
  } catch {
    return null;
  }
}

function descriptor(credential: Buffer): { id: string; type: 'public-key' } {
  return { id: credential.toString('base64url'), type: 'public-key' };
}

function userHandle(account: Buffer): string {
  return createHash('sha256').update(context('integument/passkey-user/v1', account)).digest('base64url');
}
