import { AnchorRefused } from './anchor.js';

const PATIENCE_MS = 10_000;
const ANSWER_MAX = 65_536;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Whether a URL is good enough to show checkpoints to: https, or plain http on this machine. */
export function isAnchorUrl(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username, password } = new URL(url);
  // A password in a URL ends in logs.
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname));
}

/**
 * Sends one request and reads a short answer. No redirect is followed: it would take the request to a place that nobody has set.
 * @throws {AnchorRefused} if the answer doesn't end within 64 KiB; what fetch throws, without an answer in ten seconds
 */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers,
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]),
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: await readShort(response) };
}

async function readShort(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_MAX) throw new AnchorRefused('the answer is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
