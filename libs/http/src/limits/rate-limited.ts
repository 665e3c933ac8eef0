import { CodedError } from '@integument/contracts';

/** An allowance is spent. */
export class RateLimited extends CodedError {
  /**
   * @param retryAfter seconds
   * @param first of its caller, class and window in this process: the one that goes on record
   * @param unsay to be called where it could not be written, so that the next one is
   */
  constructor(
    retryAfter: number,
    readonly first: boolean,
    readonly unsay: () => void,
  ) {
    super('request.rate_limited', 429, 'Too many requests. Wait for as many seconds as Retry-After says.', {
      headers: { 'retry-after': String(retryAfter) },
    });
  }
}
