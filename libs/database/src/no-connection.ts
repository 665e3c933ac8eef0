import { CodedError } from '@integument/contracts';

// pg-pool gives them no code, only these texts: the first when every connection was in use for too long, the second
// when PostgreSQL did not answer a new one.
const BUSY = 'timeout exceeded when trying to connect';
const SILENT = 'Connection terminated due to connection timeout';

const LATER = { 'retry-after': '2' };

/** What it means that no connection was had: coded where nobody is to blame but the moment, so that callers come again. */
export function noConnection(error: unknown): unknown {
  const said = error instanceof Error ? error.message : '';
  if (said === BUSY) {
    const text = 'More is waiting than the database has connections for. Try again soon.';
    return new CodedError('server.busy', 503, text, { cause: error, headers: LATER });
  }
  if (said === SILENT) {
    const text = 'A part of the service is away. Try again soon.';
    return new CodedError('server.unavailable', 503, text, { cause: error, headers: LATER });
  }
  return error;
}
