import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import { MisbehavingProvider, type Misbehaviour } from './misbehaving-provider.fixture.js';
import { RunningVault } from './running-vault.fixture.js';
import { Tab } from './tab.fixture.js';

// The vault's own routes against providers that lie. Two of them: `main`, which may have staff, and `other`, which may not.

export const CANARY = '<script>canary-9d27</script>';
export const REFUSED = '400 sign_in.refused';
export const AWAY = '503 sign_in.provider_unavailable';
/** Longer than metadata and keys are kept. */
const A_WHILE_MS = 400_000;

export let main: MisbehavingProvider;
export let other: MisbehavingProvider;
export let vault: RunningVault;
beforeAll(async () => {
  // Before anything keeps `Date.now` as its clock.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  main = await MisbehavingProvider.start();
  other = await MisbehavingProvider.start();
  vault = await RunningVault.start(
    main.settings(),
    other.settings({ id: 'other', name: 'Other', staff: false }),
    other.settings({
      id: 'strict',
      name: 'Strict',
      issuer: main.issuer.replace('127.0.0.1', 'localhost'),
      clientSecret: main.clientSecret,
      acrValues: ['gold'],
    }),
  );
});
afterAll(async () => {
  vi.useRealTimers();
  main.close();
  other.close();
  await vault.close();
});
beforeEach(() => {
  main.reset();
  other.reset();
  later(A_WHILE_MS);
});

export const later = (ms: number) => vi.setSystemTime(Date.now() + ms);
export const seconds = () => Math.floor(Date.now() / 1_000);

/** Nobody is signed in by what is done, and nobody is known who was not. */
export async function expectNobodyIn(work: () => Promise<void>): Promise<void> {
  const before = await vault.rows();
  await work();
  expect(await vault.rows()).toEqual(before);
}

export async function expectRefused(misbehaviour: Misbehaviour, outcome = REFUSED): Promise<void> {
  main.misbehaviour = misbehaviour;
  await expectNobodyIn(async () => {
    const tab = new Tab(vault);
    expect(await tab.signIn()).toBe(outcome);
    expect([...tab.cookies.keys()]).not.toContain('integument-vault');
  });
}

/** An address with some of its parameters changed, or taken out. */
export function withQuery(address: string, changes: Readonly<Record<string, string | undefined>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.href;
}
