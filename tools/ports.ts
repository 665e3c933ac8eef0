import { createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';
/** Where `localhost` leads first in some browsers. */
const HOST_6 = '::1';

/** Ports that nothing listens on now. They are held together while they are picked, so that all differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map(close));
  return ports;
}

/**
 * Whether something listens on a port of the loopback interface, or the port can't be had for another reason. Looks at IPv6 too:
 * what listens there would be given the requests, and the cookies, of whoever visits `localhost`.
 */
export async function isTaken(port: number): Promise<boolean> {
  return (await isTakenAt(port, HOST)) || isTakenAt(port, HOST_6);
}

async function isTakenAt(port: number, host: string): Promise<boolean> {
  try {
    await close(await listen(port, host));
    return false;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const hasNoIpv6 = host === HOST_6 && ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(code);
    return !hasNoIpv6;
  }
}

function listen(port: number, host = HOST): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
