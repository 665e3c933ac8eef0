import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { ReplyOf, receiptKeys } from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import { CompactSign, calculateJwkThumbprint } from 'jose';

type PublicKey = ReplyOf<typeof receiptKeys>['keys'][number];

const RECEIPT_TYPE = 'consent-receipt+ld+json';

/** The file holds no key that receipts can be signed by. Never shows its text. */
export class ReceiptKeyInvalid extends Error {
  override readonly name = 'ReceiptKeyInvalid';
  constructor() {
    super('RECEIPT_KEY_FILE holds no EC key on P-256 as PKCS#8 PEM');
  }
}

/** Signs receipts (RFC 7515, ES256), and knows by which keys those from before were signed. */
export class ReceiptSigner {
  private constructor(
    private readonly key: KeyObject,
    readonly publicKey: PublicKey,
  ) {}

  /** @throws ReceiptKeyInvalid */
  static async of(pem: string): Promise<ReceiptSigner> {
    const key = privateKey(pem);
    const { crv, x, y } = createPublicKey(key).export({ format: 'jwk' });
    if (crv !== 'P-256' || !x || !y) throw new ReceiptKeyInvalid();
    const kid = await calculateJwkThumbprint({ kty: 'EC', crv, x, y });
    return new ReceiptSigner(key, { kty: 'EC', crv, x, y, kid, alg: 'ES256', use: 'sig' });
  }

  /** @returns the compact form: header, content and signature, each base64url */
  sign(receipt: object): Promise<string> {
    return new CompactSign(Buffer.from(JSON.stringify(receipt), 'utf8'))
      .setProtectedHeader({ alg: 'ES256', kid: this.publicKey.kid, typ: RECEIPT_TYPE })
      .sign(this.key);
  }
}

/** Public keys, of all that ever signed: a receipt is good as long as somebody holds it. */
export class ReceiptKeysStore {
  /** What was there stays, so that who starts with another key doesn't take the proof out of people's hands. */
  async publish(unitOfWork: UnitOfWork, { publicKey: { kid, x, y } }: ReceiptSigner): Promise<void> {
    await unitOfWork.single((tx) =>
      tx.query('INSERT INTO receipt_key (kid, x, y) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [kid, x, y]),
    );
  }

  async findAll(tx: Tx): Promise<PublicKey[]> {
    const rows = await tx.query<Pick<PublicKey, 'kid' | 'x' | 'y'>>(
      'SELECT kid, x, y FROM receipt_key ORDER BY since, kid',
    );
    return rows.map(({ kid, x, y }) => ({ kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' }));
  }
}

function privateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause may quote the text.
    throw new ReceiptKeyInvalid();
  }
}
