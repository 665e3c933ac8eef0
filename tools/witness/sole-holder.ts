import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Another witness serves from this state folder. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
}

/** What macOS takes for the path of a socket; Linux takes 4 more. Longer ones are cut off without a word. */
const SOCKET_PATH_BYTES = 103;
const HOLDER = /^holder\.([1-9][0-9]{0,14})$/;

/**
 * Keeps a second witness off a state folder: two that check against the same state could cosign two histories.
 *
 * Each holder listens on a socket of its own in the folder, since that falls dead with its process and is seen from another container
 * too; and only then makes the file with the next number, whole and with the socket's name in it (link(2) is atomic and fails on an
 * existing name). The highest number is the holder, and never goes away. To remove a dead holder's socket and listen anew on its
 * name instead lets several in that both saw it dead: one removes what another has just made.
 * @returns a function that gives the folder free
 * @throws {StateInUse}
 */
export async function holdState(folder: string): Promise<() => Promise<void>> {
  const socket = `${randomBytes(4).toString('hex')}.sock`;
  const server = await listen(join(folder, socket));
  try {
    await claim(folder, socket);
  } catch (error) {
    await close(server);
    throw error;
  }
  return () => close(server);
}

async function claim(folder: string, socket: string): Promise<void> {
  for (;;) {
    const highest = Math.max(0, ...numbersIn(folder));
    if (highest > 0 && (await isHeld(folder, highest))) throw new StateInUse(folder);
    const mine = highest + 1;
    if (!makeHolder(folder, mine, socket)) continue;
    // A faster one may have taken this number, and another the next and tidied this one away: the highest one counts.
    if (Math.max(...numbersIn(folder)) === mine) return tidy(folder, mine);
    rmSync(holderPath(folder, mine), { force: true });
  }
}

/** @returns false where the number is taken */
function makeHolder(folder: string, number: number, socket: string): boolean {
  const candidate = join(folder, `${socket}.candidate`);
  writeFileSync(candidate, socket, { mode: 0o600 });
  try {
    linkSync(candidate, holderPath(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(candidate);
  }
}

/** Of those before us; sockets that no number names may be of one that is about to claim. */
function tidy(folder: string, mine: number): void {
  for (const number of numbersIn(folder).filter((other) => other < mine)) {
    const socket = socketOf(folder, number);
    if (socket) rmSync(join(folder, socket), { force: true });
    rmSync(holderPath(folder, number), { force: true });
  }
}

async function isHeld(folder: string, number: number): Promise<boolean> {
  const socket = socketOf(folder, number);
  // Tidied away since, by the holder of a higher number; the next look finds that one.
  return socket !== undefined && isAnswered(join(folder, socket));
}

function socketOf(folder: string, number: number): string | undefined {
  try {
    const socket = readFileSync(holderPath(folder, number), 'utf8');
    return /^[0-9a-f]{8}\.sock$/.test(socket) ? socket : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}

function numbersIn(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const number = HOLDER.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function holderPath(folder: string, number: number): string {
  return join(folder, `holder.${number}`);
}

function listen(path: string): Promise<Server> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) {
    const error = new Error(`the path of the state folder is too long for a socket: ${path}`);
    return Promise.reject(Object.assign(error, { code: 'ENAMETOOLONG' }));
  }
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(path, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Only what says that nobody listens is taken for nobody: whatever else goes wrong, somebody may. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', ({ code }: NodeJS.ErrnoException) => {
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}
