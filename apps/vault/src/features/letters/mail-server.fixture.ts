import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { MailSettings } from '../../mail-settings.js';

export interface Received {
  readonly to: readonly string[];
  /** as it came */
  readonly raw: string;
  readonly messageId: string;
}

/** What a mail server says no with. */
export function no(status: number, text: string): Error {
  return Object.assign(new Error(text), { responseCode: status });
}

/** A mail server that keeps what it takes. */
export class MailServer {
  readonly received: Received[] = [];
  readonly #server: SMTPServer;
  port = 0;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      logger: false,
      onData: (stream, session, done) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.once('end', () => {
          const raw = Buffer.concat(chunks).toString('utf8');
          const messageId = /^Message-ID: (\S+)/im.exec(raw)?.[1] ?? '';
          this.received.push({ to: session.envelope.rcptTo.map(({ address }) => address), raw, messageId });
          done();
        });
      },
      ...options,
    });
    this.#server.on('error', () => undefined);
  }

  async start(): Promise<this> {
    const server = this.#server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = (server.address() as { port: number }).port;
    return this;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** A listener that isn't one of mail, or is one for a while. */
export class RawServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(talk: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      talk(socket);
    });
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

export function settingsAt(port: number, more: Partial<MailSettings> = {}): MailSettings {
  const from = { name: 'The Shop', address: 'letters@shop.example' };
  return { host: '127.0.0.1', port, secure: false, loopback: true, from, ...more };
}
