import type { Credential } from './credentials.js';
import { problemOf } from './problem.js';

const MAX_REPLY_BYTES = 1 << 20;
const REPLY_MS = 30_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** What an app is asked: as the auditor, or as anybody, to whom no credential is shown. */
export interface Asked {
  readonly path: string;
  readonly as: 'auditor' | 'anybody';
}

/** A reply of any length. */
export interface StreamedReply {
  readonly headers: Headers;
  readonly pieces: AsyncGenerator<Uint8Array>;
  /** Lets go of it, read to its end or not. */
  readonly close: () => void;
}

/** A running app, asked over HTTP by an auditor. */
export class AppConnection {
  private readonly base: URL;

  /** @throws {Error} for an address that would send the credential in the clear, or that holds one itself */
  constructor(
    address: string,
    private readonly credential: Credential | undefined,
    private readonly send: typeof fetch,
  ) {
    this.base = new URL(address.endsWith('/') ? address : `${address}/`);
    const { protocol, hostname, username, password, search, hash } = this.base;
    if (protocol !== 'https:' && !LOOPBACK.has(hostname)) throw new Error('only https, but on this machine');
    if (username || password || search || hash) throw new Error('not the address of an app');
  }

  /** A reply of any length as it comes. @param patienceMs how long it may take to begin, and each piece to come */
  async stream(asked: Asked, patienceMs: number): Promise<StreamedReply> {
    const patience = new Patience(patienceMs);
    const reply = await patience.waitFor(this.get(asked, patience.signal));
    return {
      headers: reply.headers,
      pieces: patience.each(bodyOf(reply)),
      close: () => patience.end(),
    };
  }

  /** @throws {Error} unless it is JSON, and no single value */
  async json(asked: Asked): Promise<object> {
    const bytes = await this.bytes(asked);
    return toObject(Buffer.from(bytes).toString('utf8'), asked.path);
  }

  async bytes(asked: Asked): Promise<Uint8Array> {
    const reply = await this.get(asked, AbortSignal.timeout(REPLY_MS));
    return whole(bodyOf(reply), asked.path);
  }

  private async get({ path, as }: Asked, signal: AbortSignal): Promise<Response> {
    // A redirect could lead the credential elsewhere.
    const reply = await this.send(new URL(path, this.base), {
      headers: as === 'auditor' ? { ...this.credential } : {},
      redirect: 'error',
      signal,
    });
    if (reply.status === 200) return reply;
    const problem = await problemOf(reply, (body) => whole(body, path));
    throw new Error(`${named(path)} was answered with status ${reply.status}${problem}`);
  }
}

/** Waits for what comes piece by piece, for each only so long. A slow reader costs the app no patience. */
class Patience {
  private readonly controller = new AbortController();

  constructor(private readonly ms: number) {}

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  async waitFor<T>(work: Promise<T>): Promise<T> {
    const late = new Error(`nothing came for ${this.ms / 1_000} seconds`);
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.controller.abort(late);
        // By ourselves, too: what the abort doesn't reach would be waited for without end.
        reject(late);
      }, this.ms);
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      clearTimeout(timer);
    }
  }

  async *each(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const iterator = pieces[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.waitFor(iterator.next());
      if (next.done) return;
      yield next.value;
    }
  }

  end(): void {
    this.controller.abort();
  }
}

function bodyOf({ body }: Response): AsyncIterable<Uint8Array> {
  if (!body) throw new Error('a reply has no body');
  return body as AsyncIterable<Uint8Array>;
}

async function whole(body: AsyncIterable<Uint8Array>, path: string): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of body) {
    pieces.push(piece);
    length += piece.length;
    if (length > MAX_REPLY_BYTES) throw new Error(`${named(path)}: the reply is too long`);
  }
  return Buffer.concat(pieces);
}

function toObject(text: string, path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the reply.
  }
  if (typeof value !== 'object' || value === null) throw new Error(`${named(path)} did not answer JSON`);
  return value;
}

/** Without what was asked for, which may be somebody's. */
function named(path: string): string {
  return path.split('?')[0] ?? '';
}
