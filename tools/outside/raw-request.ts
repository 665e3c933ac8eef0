import { connect as connectPlain, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';

/** A request as its bytes: what a client library would refuse to send, or would tidy up first. */
export interface RawRequest {
  readonly method: string;
  /** the request target, byte for byte (latin1) */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface RawReply {
  /** null: the connection was closed without a word */
  readonly status: number | null;
  /** header lines, in lower case */
  readonly head: string;
  readonly body: string;
}

const PATIENCE_MS = 10_000;

/** Sends one request over a connection of its own and reads until the other side closes it. */
export function sendRaw(app: string, request: RawRequest, tls?: ConnectionOptions): Promise<RawReply> {
  const { hostname: host, port: portText } = new URL(app);
  const port = Number(portText);
  return new Promise((resolve, reject) => {
    const socket: Socket = tls ? connectTls({ ...tls, host, port }) : connectPlain({ host, port });
    const pieces: Buffer[] = [];
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (piece: Buffer) => pieces.push(piece));
    // Reset by the other side: what it said before counts.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(toReply(Buffer.concat(pieces).toString('latin1'))));
    socket.write(toBytes(request, `${host}:${port}`));
  });
}

function toBytes({ method, target, headers = {}, body = '' }: RawRequest, host: string): Buffer {
  const all = {
    host,
    connection: 'close',
    ...(body !== '' && { 'content-type': 'application/json', 'content-length': `${body.length}` }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body}`, 'latin1');
}

function toReply(text: string): RawReply {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1];
  return {
    status: status === undefined ? null : Number(status),
    head: head.toLowerCase(),
    body: rest.join('\r\n\r\n'),
  };
}
