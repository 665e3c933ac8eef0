/** How a command ends, for whoever calls it from a script. */
export const EXIT = {
  done: 0,
  /** It ran to its end, but some of it was refused, left or found wrong. */
  someLeft: 1,
  /** It can't be done as it was asked for; nothing was changed. */
  usage: 2,
  /** It had to stop under way; the same command goes on. */
  stopped: 3,
  interrupted: 130,
} as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line. Its text shows names of options, files and columns, never a value or a secret. */
export class Failure extends Error {
  override readonly name: string = 'Failure';
  constructor(
    message: string,
    readonly exit: Exit = EXIT.stopped,
  ) {
    super(message);
  }
}

/** What was asked for has no sense, or can't be done with what is there. */
export class WrongUse extends Failure {
  override readonly name = 'WrongUse';
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}
