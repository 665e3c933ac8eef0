import { finished, type Readable } from 'node:stream';
import { CodedError } from '@integument/contracts';

/** A sender may take all the time it wants, as long as something comes. */
export const SILENCE_MS = 30_000;

/**
 * What comes of a body, as it comes. Silence is only what passes while something is waited for: as long as nobody asks for more, it is
 * the answers that are not being read, and the sender waits for us. The body is not destroyed at the end, since its socket would be
 * with it, and the answer could not say why.
 * @throws CodedError `request.silent`
 */
export async function* withoutSilence(body: Readable): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = body.destroyed ? null : (body.read() as Buffer | null);
    if (chunk !== null) yield chunk;
    else if (body.readableEnded) return;
    else await more(body);
  }
}

/** Resolves when there is something to read, or the end. Not with the stream's iterator: nothing ends one that waits. */
function more(body: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => done(silent()), SILENCE_MS);
    const forget = finished(body, { writable: false }, done);
    const ready = () => done();
    body.on('readable', ready);
    function done(error?: Error | null): void {
      clearTimeout(timer);
      forget();
      body.off('readable', ready);
      if (error) reject(error);
      else resolve();
    }
  });
}

function silent(): CodedError {
  return new CodedError('request.silent', 400, 'Nothing came for half a minute.');
}
