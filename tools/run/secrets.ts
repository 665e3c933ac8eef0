import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { NoteVerifier } from '@integument/audit-log';
import type { AuditLogInfo } from '@integument/testing';
import { readJson, readOrMake, SECRET, writeAtomically } from './files.js';

/** Passwords of the embedded run, made at its first start. Nothing outside it knows them. */
export interface Secrets {
  /** tells installations apart in the audit logs' names */
  readonly installation: string;
  readonly demoPassword: string;
  readonly relyingParty: string;
  readonly brandShop: string;
  readonly skinApp: string;
  readonly skinLab: string;
  readonly clientRegistration: string;
  readonly vaultSuperuser: string;
  readonly vaultRole: string;
  readonly platformSuperuser: string;
  readonly platformRole: string;
}

const password = () => randomBytes(24).toString('base64url');
const MAKERS: Record<keyof Secrets, () => string> = {
  installation: () => randomBytes(4).toString('hex'),
  demoPassword: typedPassword,
  relyingParty: password,
  brandShop: password,
  skinApp: password,
  skinLab: password,
  clientRegistration: password,
  vaultSuperuser: password,
  vaultRole: password,
  platformSuperuser: password,
  platformRole: password,
};

/** Reads the secrets, and makes those that are missing. */
export function ensureSecrets(file: string): Secrets {
  const known = readJson<Partial<Secrets>>(file) ?? {};
  const names = Object.keys(MAKERS) as (keyof Secrets)[];
  const secrets = Object.fromEntries(
    names.map((name) => [name, known[name] ?? MAKERS[name]()]),
  ) as unknown as Secrets;
  if (names.some((name) => known[name] === undefined))
    writeAtomically(file, JSON.stringify(secrets, null, 2), SECRET);
  return secrets;
}

/** 60 random bits that a person can type. */
function typedPassword(): string {
  const alphabet = 'abcdefghjkmnpqrstuvwxyz234567890'; // 32 characters, none to misread
  const characters = [...randomBytes(12)].map((byte) => alphabet[byte & 31]);
  return [0, 4, 8].map((at) => characters.slice(at, at + 4).join('')).join('-');
}

/** A file with 32 random bytes in base64url. */
export function ensureKeyFile(path: string): string {
  readOrMake(path, () => `${randomBytes(32).toString('base64url')}\n`);
  return path;
}

/** A file with exactly this secret, for an app that reads it from there. */
export function ensureSecretFile(path: string, secret: string): string {
  if (readOrMake(path, () => secret) !== secret) writeAtomically(path, secret, SECRET);
  return path;
}

/** The key by which the API signs receipts of consents: EC on P-256, PKCS #8 in PEM. */
export function ensureReceiptKey(path: string): string {
  readOrMake(path, () =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' })
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString(),
  );
  return path;
}

/**
 * The key by which an app signs its audit log's checkpoints: Ed25519, PKCS #8 in PEM; beside it the public key.
 * @returns the private key's file, and what a verifier needs
 */
export function ensureAuditKey(folder: string, origin: string): { file: string; info: AuditLogInfo } {
  const file = join(folder, 'audit-signing.pem');
  const publicKeyFile = join(folder, 'audit-public.pem');
  const pem = readOrMake(file, () =>
    generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  );
  const publicKey = createPublicKey(createPrivateKey(pem));
  writeAtomically(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }), 0o644);
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { file, info: { origin, publicKeyFile, verifierKey: NoteVerifier.of(origin, raw).toString() } };
}
