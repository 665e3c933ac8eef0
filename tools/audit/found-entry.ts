/** An entry as an app gives it out. */
export interface FoundEntry {
  /** the log's origin */
  readonly log: string;
  readonly position: number;
  /** the stored bytes, as they stand in the line: a JSON object */
  readonly text: string;
  /** milliseconds since 1970; of the entry before it where it has no time that can be read */
  readonly at: number;
}

/** A log, or the app that has it, gave out something that is not as it was signed or asked for. */
export class LogRefused extends Error {
  override readonly name = 'LogRefused';

  /** @param position of the entry, where it is known */
  constructor(
    readonly code:
      | 'checkpoint.signature'
      | 'tile.changed'
      | `entry.${'changed' | 'beyond' | 'order' | 'unasked' | 'absent' | 'line'}`,
    message: string,
    readonly position: number | null = null,
  ) {
    super(message);
  }
}
