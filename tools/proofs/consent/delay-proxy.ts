import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '@integument/testing';

const HOST = '127.0.0.1';

/** Passes bytes on, each piece after a pause of its own: what two processes do at once happens in another order each time. */
export class DelayProxy {
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** @param to the port on this machine that it stands before */
  static async before(to: number, longestMs: number, random: SeededRandom): Promise<DelayProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    const { port } = server.address() as { port: number };
    const proxy = new DelayProxy(server, port);
    const pause = () => sleep(random.fraction() * longestMs);
    server.on('connection', (near) => {
      const far = dial({ port: to, host: HOST, noDelay: true });
      void proxy.pass(near, far, pause);
      void proxy.pass(far, near, pause);
    });
    return proxy;
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** In order, however long each piece waits. Where one side is gone, so is the other. */
  private async pass(from: Socket, to: Socket, pause: () => Promise<void>): Promise<void> {
    this.#sockets.add(from);
    from.on('error', () => undefined);
    try {
      for await (const piece of from) {
        await pause();
        to.write(piece as Buffer);
      }
      to.end();
    } catch {
      to.destroy();
    } finally {
      this.#sockets.delete(from);
    }
  }
}
