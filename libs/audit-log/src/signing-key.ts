import { createPrivateKey } from 'node:crypto';
import { NoteKeyInvalid, NoteSigner } from './core/index.js';

/**
 * Reads a log's signing key from the text of a file: a skey (`PRIVATE+KEY+…`), or an Ed25519 key as PKCS#8 PEM.
 * @param origin the log's origin; a skey of another name is refused, so that two logs can't share a file unnoticed
 * @throws {NoteKeyInvalid} never showing the text
 */
export function readSigningKey(text: string, origin: string): NoteSigner {
  const trimmed = text.trim();
  const signer = trimmed.startsWith('-----') ? fromPem(trimmed, origin) : NoteSigner.parse(trimmed);
  if (signer.name !== origin) throw new NoteKeyInvalid();
  return signer;
}

function fromPem(pem: string, origin: string): NoteSigner {
  let seed: string | undefined;
  try {
    const key = createPrivateKey(pem);
    seed = key.asymmetricKeyType === 'ed25519' ? key.export({ format: 'jwk' }).d : undefined;
  } catch {
    // The cause may quote the text.
  }
  if (!seed) throw new NoteKeyInvalid();
  return NoteSigner.of(origin, Buffer.from(seed, 'base64url'));
}
