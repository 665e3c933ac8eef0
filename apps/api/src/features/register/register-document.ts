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

/** What is kept of a version, and hashed: notices by their hashes. */
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
