import type { Evidence, FaultCode, Refused } from './verify-report.js';

/** The first thing that is wrong with a log, thrown to end its verification there. */
export class Fault extends Error {
  override readonly name = 'Fault';

  /**
   * @param message in words, without content of the log
   * @param position the first bad one, or with `through` the first that may be bad; null if no entry is in question
   */
  constructor(
    readonly code: FaultCode,
    message: string,
    readonly position: number | null,
    readonly through = position,
    readonly evidence: Evidence | null = null,
  ) {
    super(message);
  }

  /** @param confirmed entries up to, without, this one are confirmed */
  toReport(origin: string | null, confirmed: number): Refused {
    const { code, message, position, through, evidence } = this;
    return { ok: false, origin, code, message, position, through, confirmed, evidence };
  }
}
