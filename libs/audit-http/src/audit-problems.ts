import { CursorInvalid, IndexBehind } from '@integument/audit-log';
import { CodedError } from '@integument/contracts';

const RETRY = { headers: { 'retry-after': '1' } };

export const noCheckpoint = (cause?: unknown) =>
  new CodedError('audit.no_checkpoint', 503, 'The log has not been signed yet. Try again in a second.', {
    ...RETRY,
    cause,
  });

export const beyondLog = (cause?: unknown) =>
  new CodedError('audit.beyond_log', 404, 'The log has not grown to this size.', { cause });

export const noTile = (cause?: unknown) =>
  new CodedError('audit.no_tile', 404, 'The log has no such tile.', { cause });

const archived = (cause: unknown) =>
  new CodedError('audit.entries_archived', 410, 'These entries are in the archive, outside the database.', {
    cause,
  });

/** What a query says, as an answer. @throws the error itself where it is none of its own */
export function queryProblem(error: unknown): never {
  if (error instanceof CursorInvalid) {
    throw new CodedError('audit.cursor_invalid', 400, 'This cursor is not one of this log.', {
      cause: error,
    });
  }
  if (error instanceof IndexBehind) {
    throw new CodedError('audit.index_behind', 503, 'The index is being rebuilt. Try again later.', {
      headers: { 'retry-after': '30' },
      cause: error,
    });
  }
  throw error;
}

/** What the tree says, as an answer. @throws the error itself where something is wrong with the log */
export function treeProblem(error: unknown, absent: (cause: unknown) => CodedError): never {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'audit.not_in_tree') throw absent(error);
  if (code === 'audit.entries_archived') throw archived(error);
  throw error;
}
