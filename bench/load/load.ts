import { SideProcess } from '../side-process.js';

/** Requests that are sent over some connections, each connection waiting for its answer before the next. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  /** whole requests, bytes as they go over the wire */
  readonly requests: readonly Buffer[];
  /** how many to send: the requests are gone through again and again */
  readonly count: number;
  /** that every answer must have */
  readonly status: number;
}

export interface LoadResult {
  readonly seconds: number;
}

/** Load on a server, from a process of its own. */
export class Load {
  readonly #process = new SideProcess<LoadOrder, LoadResult>('./load/main.js');

  /** @returns requests a second @throws if any was answered otherwise than expected */
  async put(order: LoadOrder): Promise<number> {
    const { seconds } = await this.#process.ask(order);
    return order.count / seconds;
  }

  end(): Promise<void> {
    return this.#process.end();
  }
}

interface RequestParts {
  readonly token?: string;
  readonly cookie?: string;
  readonly origin?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The bytes of a request to a server on this machine. */
export function request(
  method: 'GET' | 'POST',
  url: URL,
  { token, cookie, origin, body, headers = {} }: RequestParts = {},
): Buffer {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body), 'utf8');
  const head = [
    `${method} ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    ...(token === undefined ? [] : [`authorization: Bearer ${token}`]),
    ...(cookie === undefined ? [] : [`cookie: ${cookie}`]),
    ...(origin === undefined ? [] : [`origin: ${origin}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : ['content-type: application/json', `content-length: ${bytes.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}
