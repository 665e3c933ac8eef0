import type { Checkpoint, Frontier } from '../core/index.js';

/** What the database says of the log can't be what was signed before. Integration stops; nothing more is signed. */
export class AuditLogInconsistent extends Error {
  override readonly name = 'AuditLogInconsistent';
  readonly code = 'audit.inconsistent';
}

/**
 * Whoever can write to the database could put a head of another history there and wait for it to be signed. So only a
 * head that was signed before is continued.
 * @param head.size the size that the head says beside its frontier
 * @param head.signed the last signed checkpoint, if there is one
 * @param head.known the newest head that this process has seen, if any
 * @throws {AuditLogInconsistent}
 */
export function assertContinues({
  size,
  frontier,
  signed,
  known,
}: {
  size: number;
  frontier: Frontier;
  signed: Checkpoint | undefined;
  known: Checkpoint | undefined;
}): void {
  const sizes = [size, frontier.size, signed?.size ?? 0];
  if (new Set(sizes).size > 1)
    throw new AuditLogInconsistent('head and last checkpoint have different sizes');
  if (signed && !sameRoot(signed, frontier)) {
    throw new AuditLogInconsistent('the head does not have the root that was signed');
  }
  if (!known) return;
  if (size < known.size) throw new AuditLogInconsistent('the log is shorter than this process has seen it');
  if (size === known.size && !sameRoot(known, frontier)) {
    throw new AuditLogInconsistent('the log has another root than this process has seen');
  }
}

function sameRoot(checkpoint: Checkpoint, frontier: Frontier): boolean {
  return Buffer.from(checkpoint.root).equals(frontier.root());
}
