import http from 'node:http';
import https from 'node:https';
import { KeyringRefused, KeyringUnavailable } from './keyring.errors.js';

export interface TransportOptions {
  /** `https://host:8200`; plain http for a test on loopback alone */
  readonly address: string;
  /** the authority that signed its certificate, and no other (PEM) */
  readonly authority?: Buffer | undefined;
  /** how long one request may take with everything; milliseconds */
  readonly timeoutMs: number;
}

/** What node-vault asks of whatever sends its requests. */
interface Sent {
  readonly method: string;
  readonly uri: string;
  readonly headers: Record<string, string>;
  readonly json?: unknown;
}

interface Answer {
  readonly statusCode: number;
  readonly body: unknown;
  readonly request: { readonly path: string };
}

/** Far more than a batch of domain keys needs. */
const ANSWER_BYTES_MAX = 1 << 20;
const RETRY_AFTER_MAX_SECONDS = 60;

/**
 * Sends node-vault's requests in place of the library that it brings. That one follows redirects and takes proxies from the
 * environment, and would carry the token along; it trusts what `VAULT_SKIP_VERIFY` and the machine's authorities
 * say; and its errors hold the whole request. Whatever goes wrong here leaves as one of our own errors, without a cause.
 */
export function transport(options: TransportOptions): { defaults: () => (sent: Sent) => Promise<Answer> } {
  const secure = options.address.startsWith('https:');
  const agent = secure
    ? new https.Agent({
        keepAlive: true,
        maxSockets: 4,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        ...(options.authority && { ca: options.authority }),
      })
    : new http.Agent({ keepAlive: true, maxSockets: 4 });
  const request = secure ? https.request : http.request;
  const send = (sent: Sent) =>
    exchange(sent, options.timeoutMs, (url, how) => request(url, { ...how, agent }));
  return { defaults: () => send };
}

async function exchange(
  { method, uri, headers, json }: Sent,
  timeoutMs: number,
  request: (url: string, how: http.RequestOptions) => http.ClientRequest,
): Promise<Answer> {
  const body = json === undefined || json === true ? undefined : JSON.stringify(json);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await respond(request(uri, { method, headers, signal }), body);
    const text = await read(response);
    const status = response.statusCode ?? 0;
    const path = new URL(uri).pathname;
    if (status === 400 && isBatch(text)) return { statusCode: 200, body: parsed(text), request: { path } };
    if (status !== 200 && status !== 204) throw failureOf(status, response.headers['retry-after']);
    return { statusCode: status, body: parsed(text), request: { path } };
  } catch (error) {
    if (error instanceof KeyringRefused || error instanceof KeyringUnavailable) throw error;
    throw new KeyringUnavailable(signal.aborted ? 'slow' : unanswered(error));
  }
}

function respond(request: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve).once('error', reject);
    if (body !== undefined) request.setHeader('content-type', 'application/json');
    request.end(body);
  });
}

async function read(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > ANSWER_BYTES_MAX) throw new KeyringUnavailable('failing');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new KeyringUnavailable('failing');
  }
}

/** A batch of which some, or all, was refused: which ones is said in the body, item by item, as it is with a 200. */
function isBatch(text: string): boolean {
  try {
    const { data } = JSON.parse(text) as { data?: { batch_results?: unknown } };
    return Array.isArray(data?.batch_results);
  } catch {
    return false;
  }
}

/** By the status alone: texts of errors differ from version to version, and may quote what was sent. */
function failureOf(status: number, retryAfter: string | undefined): Error {
  if (status === 400) return new KeyringRefused('the keyring refuses what it was asked');
  if (status === 403) return new KeyringUnavailable('denied');
  if (status === 404) return new KeyringUnavailable('missing');
  if (status === 503) return new KeyringUnavailable('sealed');
  if (status !== 429) return new KeyringUnavailable('failing');
  const seconds = Number(retryAfter);
  const wait = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), RETRY_AFTER_MAX_SECONDS) : 1;
  return new KeyringUnavailable('limited', wait);
}

/** Codes of Node and OpenSSL for a certificate that isn't to be trusted. */
const UNTRUSTED = /CERT|SIGNATURE|TLS|SSL|SELF_SIGNED|UNABLE_TO|HOSTNAME/;

function unanswered(error: unknown): 'unreachable' | 'untrusted' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return UNTRUSTED.test(code) ? 'untrusted' : 'unreachable';
}
