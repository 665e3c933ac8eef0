import type { Machine } from './machine.js';
import { UsageError } from './usage-error.js';

/** How an auditor signs in to a running app: a header, which comes from a file and never from the command line. */
export type Credential = { readonly authorization: string } | { readonly cookie: string };

export interface CredentialFiles {
  readonly tokenFiles: readonly string[];
  readonly cookieFiles: readonly string[];
}

/**
 * The credentials of some apps in their order; none at all if no file was named.
 * @throws {UsageError}, {Error} never showing what a file holds, and what reading it throws
 */
export async function readCredentials(
  { tokenFiles, cookieFiles }: CredentialFiles,
  apps: number,
  machine: Pick<Machine, 'readText'>,
): Promise<Credential[]> {
  const kind = tokenFiles.length > 0 ? 'token' : 'cookie';
  const files = [...tokenFiles, ...cookieFiles];
  // Each app its own: a credential for one of them is not the other's business.
  const isMixed = tokenFiles.length > 0 && cookieFiles.length > 0;
  if (isMixed || (files.length > 0 && files.length !== apps)) throw new UsageError();
  const read: Credential[] = [];
  for (const file of files) read.push(readCredential(kind, await machine.readText(file)));
  return read;
}

/** Reads a credential's file. @throws {Error} never showing what it holds */
export function readCredential(kind: 'token' | 'cookie', text: string): Credential {
  const value = text.trim();
  if (kind === 'token' && /^[\x21-\x7e]+$/.test(value)) return { authorization: `Bearer ${value}` };
  if (kind === 'cookie' && /^[\x20-\x7e]+$/.test(value)) return { cookie: value };
  throw new Error(`the ${kind} file does not hold one ${kind}`);
}
