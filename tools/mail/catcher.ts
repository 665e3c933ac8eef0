import { SMTPServer } from 'smtp-server';
import { type CaughtLetter, readLetter } from './caught-letter.js';

const KEPT = 200;
const LARGEST = 1024 * 1024;

/** An SMTP server that takes every letter and delivers none. The last ones are kept, in memory alone. */
export class Catcher {
  readonly #letters: CaughtLetter[] = [];
  readonly #server = new SMTPServer({
    // On loopback: nobody to be hidden from, and nobody to be told apart.
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: LARGEST,
    logger: false,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : (mailFrom?.address ?? '');
        const to = rcptTo.map(({ address }) => address);
        this.keep(readLetter(Buffer.concat(chunks).toString('latin1'), from, to));
        done();
      });
    },
  });

  constructor() {
    // A sender that goes away in the middle is its own matter.
    this.#server.on('error', (error: NodeJS.ErrnoException) =>
      console.error(`mail: ${error.code ?? error.name}`),
    );
  }

  /** The newest first. */
  get letters(): readonly CaughtLetter[] {
    return this.#letters;
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, host, () => resolve()));
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  private keep(letter: CaughtLetter): void {
    this.#letters.unshift(letter);
    this.#letters.splice(KEPT);
  }
}
