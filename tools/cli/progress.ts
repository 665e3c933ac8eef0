import { SingleBar } from 'cli-progress';

const EVERY_MS = 5_000;

/** Tells whoever waits how far a command is. */
export interface Progress {
  /** @param total how much there is; undefined where nobody knows */
  begin(total: number | undefined, already: number): void;
  /** @param note what else there is to say, such as how many were refused */
  at(done: number, note: string): void;
  end(): void;
}

export const QUIET: Progress = { begin: () => undefined, at: () => undefined, end: () => undefined };

/** A bar where a person watches, and a line now and then where it goes into a file. */
export function progressOn(stream: NodeJS.WriteStream, what: string): Progress {
  return stream.isTTY
    ? new Bar(stream, what)
    : new Lines((line) => stream.write(`${line}\n`), what, Date.now);
}

class Bar implements Progress {
  readonly #bar: SingleBar;

  constructor(stream: NodeJS.WriteStream, what: string) {
    const format = `{bar} {percentage} %  {value} of {total} ${what}  {note}  {eta_formatted}`;
    // It would answer signals by itself, and end what has to be ended in order.
    this.#bar = new SingleBar({ stream, format, gracefulExit: false, hideCursor: true, etaBuffer: 100 });
  }

  begin(total: number | undefined, already: number): void {
    this.#bar.start(total ?? 0, already, { note: '' });
  }

  at(done: number, note: string): void {
    if (done > this.#bar.getTotal()) this.#bar.setTotal(done);
    this.#bar.update(done, { note });
  }

  end(): void {
    this.#bar.stop();
  }
}

export class Lines implements Progress {
  #total: number | undefined;
  #said = 0;

  constructor(
    private readonly say: (line: string) => void,
    private readonly what: string,
    private readonly now: () => number,
  ) {}

  begin(total: number | undefined): void {
    this.#total = total;
    this.#said = this.now();
  }

  at(done: number, note: string): void {
    if (this.now() - this.#said < EVERY_MS) return;
    this.#said = this.now();
    const of = this.#total === undefined ? '' : ` of ${this.#total}`;
    this.say(`${done}${of} ${this.what}${note === '' ? '' : `, ${note}`}`);
  }

  end(): void {
    // What came of it is said by the command.
  }
}
