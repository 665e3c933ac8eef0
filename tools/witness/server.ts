import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer, Witness } from './witness.js';

/** 63 hashes, and a note as long as notes may be, in characters of up to three bytes. */
const MAX_BODY_BYTES = 262_144;
const CHECKPOINT = /^\/checkpoint\/([0-9a-f]{64})$/;

export interface WitnessServer {
  readonly port: number;
  /** Lets what is under way end. */
  close(): Promise<void>;
}

/** Serves a witness over plain HTTP: TLS is a proxy's business. */
export async function serveWitness(
  witness: Pick<Witness, 'addCheckpoint' | 'findCosigned'>,
  { host, port, say }: { host: string; port: number; say: (line: string) => void },
): Promise<WitnessServer> {
  const server = createServer(
    // A client that sends slowly, or keeps many connections, must not keep the others out.
    { headersTimeout: 5_000, requestTimeout: 10_000, keepAliveTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => void answer(witness, request, response, say),
  );
  server.maxConnections = 256;
  server.maxRequestsPerSocket = 10_000;
  await listen(server, port, host);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

async function answer(
  witness: Pick<Witness, 'addCheckpoint' | 'findCosigned'>,
  request: IncomingMessage,
  response: ServerResponse,
  say: (line: string) => void,
): Promise<void> {
  try {
    send(response, await route(witness, request));
  } catch (error) {
    // A client that went away is none of our troubles.
    if (request.destroyed && !request.complete) return;
    say(`failed: ${(error as Error).message}`);
    send(response, text(500, 'the witness cannot answer now'));
  }
}

async function route(
  witness: Pick<Witness, 'addCheckpoint' | 'findCosigned'>,
  request: IncomingMessage,
): Promise<Answer> {
  const { method, url = '' } = request;
  const [, id] = CHECKPOINT.exec(url) ?? [];
  if (id !== undefined && method === 'GET') {
    const note = await witness.findCosigned(id);
    return note === null ? text(404, 'nothing cosigned of such a log') : text(200, note);
  }
  if (url !== '/add-checkpoint') return text(404, 'there is POST /add-checkpoint and GET /checkpoint/<id>');
  if (method !== 'POST') return text(405, 'POST only');
  const body = await readBody(request);
  return body === null ? text(413, 'too long a request') : witness.addCheckpoint(body);
}

/** @returns null for one that is too long */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Left open when it is left early: the answer still has to go out on this connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function text(status: number, body: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: body.endsWith('\n') ? body : `${body}\n` };
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    // Of a request that was not read to its end, the rest would be taken for the next one.
    ...(status === 413 ? { connection: 'close' } : {}),
  });
  response.end(body);
}
