import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { context } from '@integument/crypto';
import { describeError } from '@integument/telemetry';
import { expect } from 'vitest';
import { HashicorpKeyring } from './hashicorp-keyring.js';
import { KeyringUnavailable } from './keyring.errors.js';
import type { Placed } from './keyring.js';
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

/** Of a batch of which some was moved, changed or never wrapped by them, all else opens. @returns all of it, to be asked again */
export async function expectRestOpened(keks: HashicorpKeyring): Promise<Placed[]> {
  const keys = Array.from({ length: 5 }, () => ({ bytes: randomBytes(32), place: PLACE }));
  const wrapped = (await keks.wrap(keys)).map((bytes) => ({ bytes, place: PLACE }));
  const broken = [
    { bytes: Buffer.from(`vault:v1:${randomBytes(60).toString('base64')}`), place: PLACE },
    { bytes: Buffer.from('vault:v9:AAAA'), place: PLACE },
    { bytes: randomBytes(61), place: PLACE },
    { bytes: wrapped[0]?.bytes ?? PLACE, place: context('elsewhere') },
  ];
  const mixed = wrapped.flatMap((one, at) => [broken[at] ?? [], one].flat());
  const opened = await keks.unwrapEach(mixed);
  expect(opened.filter((one) => one !== null)).toEqual(keys.map(({ bytes }) => bytes));
  expect(opened.map((one) => one === null)).toEqual(mixed.map((one) => !wrapped.includes(one)));
  expect(await keks.unwrapEach(broken)).toEqual([null, null, null, null]);
  return mixed;
}
