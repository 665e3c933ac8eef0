import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { context } from '@integument/crypto';
import { describeError } from '@integument/telemetry';
import { expect } from 'vitest';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { KeyringUnavailable } from './keyring.errors.js';
import { TransitServer } from './transit-server.fixture.js';

export const PLACE = context('domain_key', 'person', 1);
export const KEY = { bytes: randomBytes(32), place: PLACE };
export const LOGIN = 'POST auth/approle/login';

export async function startKeyring(): Promise<{ server: TransitServer; keyring: HashicorpKeyring }> {
  const server = await TransitServer.start();
  return { server, keyring: await HashicorpKeyring.open(server.settings) };
}

type Results = { data: { batch_results: unknown[] } };

/** Bends the results of a batch on their way. */
export const results = (change: (all: unknown[]) => unknown) => (body: object | undefined) => ({
  data: { batch_results: change((body as Results).data.batch_results) },
});

export async function failureOf(work: Promise<unknown>): Promise<KeyringUnavailable> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(KeyringUnavailable);
  return error as KeyringUnavailable;
}

/** However it is written down, an error says nothing that opens anything. */
export function expectSilence({ secrets }: TransitServer, error: unknown): void {
  const written = [
    inspect(error, { depth: Infinity, showHidden: true }),
    JSON.stringify(error),
    JSON.stringify(describeError(error)),
    String((error as Error).stack),
  ].join('\n');
  for (const secret of [...secrets, KEY.bytes.toString('base64')]) {
    expect(written).not.toContain(secret);
  }
}
