/** HTTP statuses that a coded failure may have. */
export type ProblemStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 409
  | 410
  | 412
  | 413
  | 415
  | 422
  | 429
  | 500
  | 502
  | 503;

export interface CodedErrorOptions {
  /** What went wrong inside. Logged as name, code and stack frames; never sent and its message never written. */
  readonly cause?: unknown;
  /** Response headers that belong to the refusal, such as `retry-after`. Constants and numbers of ours only. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The refusal has its entry in the audit log already, in a transaction that is committed: for one that says more than who was
   * refused what. Whoever says so without having written it breaks the log's promise.
   */
  readonly recorded?: true;
}

/**
 * A failure that a feature foresees. Lives here so that code without any framework can throw it.
 *
 * `publicText` leaves the server: it is a constant sentence, never built from a value, an SQL text or a rule, since
 * what a caller sent must not come back and what we hold must not get out.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly recorded: boolean;

  /**
   * @param code stable and documented: `people.not_found`
   * @param status of the answer
   * @param publicText one constant sentence for the caller
   */
  constructor(
    readonly code: `${string}.${string}`,
    readonly status: ProblemStatus,
    readonly publicText: string,
    options: CodedErrorOptions = {},
  ) {
    super(code, options.cause === undefined ? undefined : { cause: options.cause });
    this.headers = options.headers;
    this.recorded = options.recorded ?? false;
  }
}

/** "Absent" and "not yours" are one answer, so that nobody learns which ids exist. */
export function notFound(code: `${string}.${string}`): CodedError {
  return new CodedError(code, 404, 'There is nothing here for you under this name.');
}
