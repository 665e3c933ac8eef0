import { createHash } from 'node:crypto';
import { PURPOSES, type Purpose, type PurposeName } from '@integument/contracts';
import { canonicalJson, type Json } from '@integument/crypto';
import type { Notice } from './notice.js';
import type { Recipient, RegisterFile } from './register-file.js';

/** A purpose that is offered: as the program declares it, with what the operator adds. */
export type OfferedPurpose = Purpose & {
  readonly name: PurposeName;
  readonly recipients: readonly Recipient[];
  /** countries in which its data lies */
  readonly regions: readonly string[];
  readonly notices: readonly Notice[];
};

/** The record of processing activities, GDPR Art. 30(1). */
export interface RegisterDocument extends Omit<RegisterFile, 'purposes'> {
  readonly purposes: readonly OfferedPurpose[];
}

export function registerDocument(
  { purposes, ...operator }: RegisterFile,
  notices: ReadonlyMap<PurposeName, readonly Notice[]>,
): RegisterDocument {
  const offered = PURPOSES.flatMap((purpose): OfferedPurpose[] => {
    const declared = purposes[purpose.name];
    if (!declared) return [];
    const { recipients, regions = operator.storedIn } = declared;
    return [{ ...purpose, recipients, regions, notices: notices.get(purpose.name) ?? [] }];
  });
  return { ...operator, purposes: offered };
}

/** What is kept of a version: notices by their hashes. */
export interface WrittenDocument extends Omit<RegisterFile, 'purposes'> {
  readonly purposes: readonly WrittenPurpose[];
}
export type WrittenPurpose = Omit<OfferedPurpose, 'notices'> & {
  readonly notices: readonly Pick<Notice, 'language' | 'version' | 'hash'>[];
};

/** A version as it was published. */
export interface WrittenRegister {
  readonly version: number;
  /** SHA-256 of the document as canonical JSON (RFC 8785), hexadecimal */
  readonly hash: string;
  readonly document: WrittenDocument;
}

/** What is kept of a version, and hashed. */
export function writtenRegister(document: RegisterDocument): { text: string; hash: Buffer } {
  const purposes = document.purposes.map(({ notices, ...purpose }) => ({
    ...purpose,
    notices: notices.map(({ language, version, hash }) => ({ language, version, hash })),
  }));
  // What is absent is left out, as JSON has no word for it.
  const plain = JSON.parse(JSON.stringify({ ...document, purposes })) as Json;
  const text = canonicalJson(plain);
  return { text, hash: createHash('sha256').update(text, 'utf8').digest() };
}

/** A version as it was stored. */
export function writtenFrom(stored: { version: number; hash: Buffer; document: string }): WrittenRegister {
  const document = JSON.parse(stored.document) as WrittenDocument;
  return { version: stored.version, hash: stored.hash.toString('hex'), document };
}
