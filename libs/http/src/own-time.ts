import type { Socket } from 'node:net';

const sockets = new WeakSet<Socket>();

/**
 * What comes over a connection has a time of its own from here on. Node counts how long a whole request takes to come in, for all routes
 * alike, and reports the connection when that is too long; a body of any length can't be held to it.
 */
export function beginOwnTime(socket: Socket): void {
  sockets.add(socket);
}

export function endOwnTime(socket: Socket): void {
  sockets.delete(socket);
}

export function hasOwnTime(socket: Socket): boolean {
  return sockets.has(socket);
}
