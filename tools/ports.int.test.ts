import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { freePorts, isTaken } from './ports.js';

/** Whether a port counts as taken while something listens there. */
async function isTakenBeside(host: string): Promise<boolean> {
  const [port = 0] = await freePorts(1);
  const other = createServer();
  await new Promise<void>((resolve, reject) => other.once('error', reject).listen(port, host, resolve));
  try {
    return await isTaken(port);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
}

it('a port is free where nothing listens', async () => {
  const [port = 0] = await freePorts(1);
  expect(await isTaken(port)).toBe(false);
});

it('a port is taken where something listens on either loopback address, since browsers try both for localhost', async (test) => {
  expect(await isTakenBeside('127.0.0.1')).toBe(true);
  const onIpv6 = await isTakenBeside('::1').catch(() => undefined);
  if (onIpv6 === undefined) test.skip('no IPv6 here');
  expect(onIpv6).toBe(true);
});
