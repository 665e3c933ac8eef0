import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes requests on, and loses answers that the witness has given. */
export class LosingProxy {
  private losing = 0;
  asked = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async before(target: () => string): Promise<LosingProxy> {
    const server = createServer((request, response) => {
      const { method, url } = request;
      proxy.asked += 1;
      const onward = httpRequest(target() + (url ?? ''), { method }, (answer) => {
        if (proxy.losing-- > 0) {
          answer.resume();
          response.destroy();
          return;
        }
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new LosingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return proxy;
  }

  lose(answers: number): void {
    this.losing = answers;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
