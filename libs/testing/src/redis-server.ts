import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Nothing that has to be installed: the embedded run does without. @param what is not tested where there is none */
export function hasRedis(what: string): boolean {
  const present = spawnSync('redis-server', ['--version']).status === 0;
  if (!present) console.warn(`skipped: ${what}, because there is no redis-server on the PATH`);
  return present;
}

/** One of its own, on a free port of the loopback interface, that keeps nothing. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'integument-redis-'));
  const port = await freePort();
  const settings = { port: String(port), bind: '127.0.0.1', save: '', dir: folder };
  const server = spawn(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]),
  );
  await listening(server);
  const stop = async () => {
    server.kill('SIGTERM');
    await once(server, 'exit');
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function listening(server: ChildProcess): Promise<void> {
  let log = '';
  for await (const chunk of server.stdout as NonNullable<ChildProcess['stdout']>) {
    log += String(chunk);
    if (log.includes('Ready to accept connections')) return;
  }
  throw new Error('redis-server ended');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
