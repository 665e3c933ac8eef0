import {
  fromBase64,
  readCheckpointUnverified,
  type Verified,
  type VerifyOptions,
  type VerifyReport,
  verifyContinuation,
} from '../../libs/audit-log/src/core/index.js';

/** How an auditor signs in to a running app: a header, which comes from a file and never from the command line. */
export type Credential = { readonly authorization: string } | { readonly cookie: string };

const MAX_REPLY_BYTES = 1 << 20;
const REPLY_MS = 30_000;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A running app's log, read over HTTP. */
export class RunningApp {
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

  /** The export as it comes, piece by piece. */
  async *readExport(): AsyncGenerator<Uint8Array> {
    const reply = await this.get('v1/audit/export', { credential: this.credential });
    yield* bodyOf(reply);
  }

  /** Verifies that the app's newest checkpoint continues what was exported. */
  async verifyNewest(
    report: Verified,
    options: Pick<VerifyOptions, 'witnesses' | 'quorum'>,
  ): Promise<VerifyReport> {
    const { note } = (await this.json('v1/audit/checkpoint', undefined)) as { note?: unknown };
    if (typeof note !== 'string') throw new Error('the app’s checkpoint is not in its reply');
    const hashes = await this.proofTo(note, report.size);
    return verifyContinuation(report, { note, hashes }, options);
  }

  /** Nothing is believed of the reply: a wrong size or hash makes a proof that proves nothing. */
  private async proofTo(note: string, from: number): Promise<Uint8Array[]> {
    const to = claimedSize(note);
    if (from === 0 || to <= from) return [];
    const path = `v1/audit/proofs/consistency?from=${from}&to=${to}`;
    const { hashes } = (await this.json(path, this.credential)) as { hashes?: unknown };
    if (!Array.isArray(hashes)) throw new Error('the app’s proof is not in its reply');
    return hashes.map((hash) => (typeof hash === 'string' && fromBase64(hash)) || new Uint8Array());
  }

  private async json(path: string, credential: Credential | undefined): Promise<object> {
    const reply = await this.get(path, { credential, signal: AbortSignal.timeout(REPLY_MS) });
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of bodyOf(reply)) {
      pieces.push(piece);
      length += piece.length;
      if (length > MAX_REPLY_BYTES) throw new Error(`${path}: the reply is too long`);
    }
    return toObject(Buffer.concat(pieces).toString('utf8'), path);
  }

  private async get(
    path: string,
    { credential, signal }: { credential: Credential | undefined; signal?: AbortSignal },
  ): Promise<Response> {
    // A redirect could lead the credential elsewhere.
    const reply = await this.send(new URL(path, this.base), {
      headers: { ...credential },
      redirect: 'error',
      ...(signal && { signal }),
    });
    if (reply.status === 200) return reply;
    await reply.body?.cancel();
    throw new Error(`${path.split('?')[0]} was answered with status ${reply.status}`);
  }
}

function bodyOf({ body }: Response): AsyncIterable<Uint8Array> {
  if (!body) throw new Error('a reply has no body');
  return body as AsyncIterable<Uint8Array>;
}

/** Reads a credential's file. @throws {Error} never showing what it holds */
export function readCredential(kind: 'token' | 'cookie', text: string): Credential {
  const value = text.trim();
  if (kind === 'token' && /^[\x21-\x7e]+$/.test(value)) return { authorization: `Bearer ${value}` };
  if (kind === 'cookie' && /^[\x20-\x7e]+$/.test(value)) return { cookie: value };
  throw new Error(`the ${kind} file does not hold one ${kind}`);
}

function claimedSize(note: string): number {
  try {
    return readCheckpointUnverified(note).size;
  } catch {
    return 0;
  }
}

function toObject(text: string, path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Its message would quote the reply.
  }
  if (typeof value !== 'object' || value === null)
    throw new Error(`${path.split('?')[0]} did not answer JSON`);
  return value;
}
