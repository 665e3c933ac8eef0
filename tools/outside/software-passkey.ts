import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { AnswerOf, beginPasskey, beginUse, NewPasskey, PasskeyAssertion } from '@integument/contracts';
import { isoCBOR } from '@simplewebauthn/server/helpers';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;
const ES256 = -7;
/** Counts from here, so that the counter rises across processes that share a passkey and keep nothing else. */
const COUNTER_EPOCH = Date.UTC(2026, 0, 1);
const COUNTER_MS = 50;

/** What is kept of a passkey between two runs: whoever has it can sign as its owner. */
export interface KeptPasskey {
  readonly credential: string;
  /** PKCS#8 PEM */
  readonly privateKey: string;
}

/** Of an attestation (WebAuthn Level 3, section 8.2). */
export type Statement = Map<string, number | Uint8Array | Uint8Array[]>;

/** How a test makes it misbehave. */
export interface Misbehaviour {
  readonly userVerified?: boolean;
  readonly counter?: number;
  readonly origin?: string;
  readonly challenge?: string;
  readonly signature?: Buffer;
  /** makes a packed attestation of what is to be signed */
  readonly attest?: (signed: Buffer) => Statement;
}

/** An authenticator in software, with a page's part of the ceremony (WebAuthn Level 3, sections 5.8.1, 6.1 and 6.5). */
export class SoftwarePasskey {
  readonly #key: KeyObject;
  readonly #credential: Buffer;
  #counter = 0;

  constructor(
    private readonly origin: string,
    readonly kept: KeptPasskey,
  ) {
    this.#key = createPrivateKey(kept.privateKey);
    this.#credential = Buffer.from(kept.credential, 'base64url');
  }

  static make(): KeptPasskey {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    return { credential: randomBytes(32).toString('base64url'), privateKey: pem };
  }

  /** What `navigator.credentials.create` gives. */
  create(options: AnswerOf<typeof beginPasskey>, wrong: Misbehaviour = {}): NewPasskey {
    const data = Buffer.concat([
      this.authenticatorData(options.rp.id, ATTESTED, wrong),
      Buffer.alloc(16),
      Buffer.from([0, this.#credential.length]),
      this.#credential,
      this.publicKey(),
    ]);
    const clientData = this.clientData('webauthn.create', options.challenge, wrong);
    const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
    const statement = wrong.attest?.(signed);
    const attestationObject = isoCBOR.encode(
      new Map<string, string | Uint8Array | Statement>([
        ['fmt', statement ? 'packed' : 'none'],
        ['attStmt', statement ?? (new Map() as Statement)],
        ['authData', new Uint8Array(data)],
      ]),
    );
    return {
      ...this.envelope(),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        attestationObject: Buffer.from(attestationObject).toString('base64url'),
        transports: ['internal'],
      },
    };
  }

  /** What `navigator.credentials.get` gives. */
  get(options: AnswerOf<typeof beginUse>, wrong: Misbehaviour = {}): PasskeyAssertion {
    const data = this.authenticatorData(options.rpId, 0, wrong);
    const clientData = this.clientData('webauthn.get', options.challenge, wrong);
    const signed = Buffer.concat([data, createHash('sha256').update(clientData).digest()]);
    const signature = wrong.signature ?? sign('sha256', signed, this.#key);
    return {
      ...this.envelope(),
      response: {
        clientDataJSON: clientData.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: signature.toString('base64url'),
      },
    };
  }

  private envelope() {
    const { credential } = this.kept;
    return { id: credential, rawId: credential, type: 'public-key', clientExtensionResults: {} } as const;
  }

  private clientData(type: string, challenge: string, wrong: Misbehaviour): Buffer {
    const { origin = this.origin } = wrong;
    return Buffer.from(
      JSON.stringify({ type, challenge: wrong.challenge ?? challenge, origin, crossOrigin: false }),
    );
  }

  private authenticatorData(rpId: string, flags: number, wrong: Misbehaviour): Buffer {
    const verified = (wrong.userVerified ?? true) ? USER_VERIFIED : 0;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(wrong.counter ?? this.count());
    const rpIdHash = createHash('sha256').update(rpId).digest();
    return Buffer.concat([rpIdHash, Buffer.from([flags | USER_PRESENT | verified]), counter]);
  }

  private count(): number {
    const byClock = Math.floor((Date.now() - COUNTER_EPOCH) / COUNTER_MS);
    this.#counter = Math.max(this.#counter + 1, byClock);
    return this.#counter;
  }

  /** As COSE_Key (RFC 9053, section 7.1). */
  private publicKey(): Buffer {
    const { x = '', y = '' } = createPublicKey(this.#key).export({ format: 'jwk' });
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));
    const key = new Map<number, number | Uint8Array>([
      [1, 2],
      [3, ES256],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
    return Buffer.from(isoCBOR.encode(key));
  }
}
