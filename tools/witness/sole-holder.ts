import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Another witness serves from this state folder. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/**
 * Keeps a second witness off a state folder: two that check against the same state could cosign two histories. A socket in the folder,
 * since it falls free when its process dies and is seen from another container too.
 * @returns a function that gives the folder free
 * @throws {StateInUse}
 */
export async function holdState(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'held.sock');
  const server = await tryListen(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || (await isAnswered(path)))
      throw new StateInUse(folder, { cause: error });
    // Left by one that was killed.
    rmSync(path, { force: true });
    return tryListen(path);
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}

function tryListen(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
  });
}
