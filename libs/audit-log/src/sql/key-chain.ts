import type { Statement } from '@integument/database';
import { z } from 'zod';
import {
  type Checkpoint,
  CheckpointInvalid,
  isContinuedBy,
  NoteInvalid,
  type NoteSigner,
  openCheckpoint,
  ROTATE_KEY,
  rotationDetails,
} from '../core/index.js';
import { defineAction, type EntryDraft } from '../entry.js';
import { AuditLogInconsistent } from './continuity.js';
import { NODES_ARE_WHOLE } from './tree-nodes.js';

/** The keys that an integrator has. */
export interface LogKeys {
  /** its name is the log's origin */
  readonly signer: NoteSigner;
  /** the key before it, of the same name: hands the log over, once */
  readonly retired?: NoteSigner | undefined;
}

/** Parameters: the head's size, the signer's vkey. */
export const LAST_SIGNED: Statement = {
  name: 'audit_last_signed',
  text: `
  SELECT (SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1) AS note,
         (SELECT vkey FROM audit_key ORDER BY from_size DESC LIMIT 1) AS vkey,
         EXISTS (SELECT FROM audit_key WHERE vkey = $2) AS used,
         ${NODES_ARE_WHOLE} AS nodes_whole`,
};

export interface LastSigned {
  readonly note: string | null;
  /** the newest key of the log; null in one that has never noted its keys */
  readonly vkey: string | null;
  /** whether the signer's key has ever been the log's */
  readonly used: boolean;
  readonly nodes_whole: boolean;
}

/** Where the log stands, by what its keys have signed. */
export interface LastOpened {
  readonly head: Checkpoint | undefined;
  /** whether the retired key now hands over to the signer */
  readonly retires: boolean;
  /** whether the log's keys have never been noted */
  readonly keysUnknown: boolean;
  readonly nodesWhole: boolean;
}

const keyRotated = defineAction(
  ROTATE_KEY,
  z.object({ from: z.string().regex(/^[0-9a-f]{32}$/), to: z.string().regex(/^[0-9a-f]{32}$/) }),
);

/**
 * Opens the last checkpoint with the key that continues the log after it.
 * @throws {AuditLogInconsistent} unless that is the signer or the key that it retires
 */
export function openLastSigned({ note, vkey, used, nodes_whole }: LastSigned, keys: LogKeys): LastOpened {
  const known = { keysUnknown: vkey === null, nodesWhole: nodes_whole };
  if (note === null) return { head: undefined, retires: false, ...known };
  const { head, by } = openWith([keys.signer, keys.retired], note);
  if (vkey !== null && vkey !== by.verifier.toString()) {
    throw new AuditLogInconsistent('the last checkpoint is signed by another key than the log’s newest');
  }
  const retires = by !== keys.signer;
  // Back to a key that was retired: whoever stole it then could sign for the log again.
  if (retires && used) throw new AuditLogInconsistent('the signing key has been retired before');
  return { head, retires, ...known };
}

/** Says in the log that its key changes: the first 32 hex digits of SHA-256 over each vkey. */
export function rotationEntry({ signer, retired }: LogKeys): EntryDraft {
  return keyRotated({
    outcome: 'done',
    actor: { kind: 'system', id: 'audit-integrator' },
    details: rotationDetails((retired as NoteSigner).verifier, signer.verifier),
  });
}

/** The rows of `audit_key` that a head of this size brings with it. The first key is the log's from its beginning. */
export function keysToNote(
  { retires, keysUnknown }: LastOpened,
  { signer, retired }: LogKeys,
  size: number,
): { vkey: string; fromSize: number }[] {
  const first = retires && retired ? retired : signer;
  return [
    ...(keysUnknown ? [{ vkey: first.verifier.toString(), fromSize: 0 }] : []),
    ...(retires ? [{ vkey: signer.verifier.toString(), fromSize: size }] : []),
  ];
}

function openWith(
  signers: readonly (NoteSigner | undefined)[],
  note: string,
): { head: Checkpoint; by: NoteSigner } {
  try {
    const by = signers.find((signer) => signer && isContinuedBy(note, signer.verifier));
    if (by) return { head: openCheckpoint(note, by.verifier), by };
  } catch (cause) {
    if (!(cause instanceof NoteInvalid || cause instanceof CheckpointInvalid)) throw cause;
    throw new AuditLogInconsistent('the last checkpoint is not signed by the key of this log', { cause });
  }
  throw new AuditLogInconsistent('the last checkpoint is not signed by the key of this log');
}
