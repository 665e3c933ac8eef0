import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import { Agent } from 'node:https';
import { type AddressInfo, connect, type LookupFunction } from 'node:net';
import type { Duplex } from 'node:stream';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver on this machine that keeps what it was sent, and counts who has knocked. */
export class Receiver {
  readonly received: Received[] = [];
  connections = 0;
  readonly #server: Server;

  private constructor(public answer: RequestListener) {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        this.received.push({ headers: request.headers, body });
        this.answer(request, response);
      });
    });
    this.#server.on('connection', () => this.connections++);
  }

  static async open(
    answer: RequestListener = (_, response) => void response.writeHead(204).end(),
  ): Promise<Receiver> {
    const receiver = new Receiver(answer);
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/told`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Every connection, wherever it was to go, comes to one port here: it shows that one was tried, and where to. */
export class DivertedAgent extends Agent {
  /** what the request's own look-up said, asked twice */
  readonly addresses: unknown[] = [];

  constructor(private readonly port: number) {
    super();
  }

  override createConnection(options: { lookup?: unknown; host?: unknown }): Duplex {
    const lookup = options.lookup as LookupFunction;
    for (let time = 0; time < 2; time++)
      lookup(String(options.host), { all: true }, (_error, found) => void this.addresses.push(found));
    return connect(this.port, '127.0.0.1');
  }
}
