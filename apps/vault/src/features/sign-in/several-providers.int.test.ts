import { describe, expect, it } from 'vitest';
import { type Misbehaviour } from './misbehaving-provider.fixture.js';
import { comeBack, Tab } from './tab.fixture.js';
import {
  expectNobodyIn,
  expectRefused,
  main,
  other,
  REFUSED,
  vault,
  withQuery,
} from './two-providers.fixture.js';

describe('the answer of another provider', () => {
  /** Begins at `main`; what comes back is an answer of `other`, with the state of the attempt. */
  async function mixedUp(): Promise<{ tab: Tab; answer: string }> {
    const tab = new Tab(vault);
    const state = new URL((await tab.begin()).url).searchParams.get('state') ?? '';
    const answer = await comeBack((await new Tab(vault).begin('?provider=other')).url);
    return { tab, answer: withQuery(answer, { state }) };
  }
  const withoutIss = (address: string) => withQuery(address, { iss: undefined });
  const toMain = (address: string) => address.replace('/callback/other', '/callback');

  it('comes to an address of its own, and signs nobody in there, whether or not it says whose it is', async () => {
    const { tab, answer } = await mixedUp();
    expect(new URL(answer).pathname).toBe('/v1/sign-in/callback/other');
    await expectNobodyIn(async () => {
      expect((await tab.finish(answer)).outcome).toBe(REFUSED);
      expect((await tab.finish(withoutIss(answer))).outcome).toBe(REFUSED);
    });
    expect([main.timesAsked('/token'), other.timesAsked('/token')]).toEqual([0, 0]);
  });

  it.each([
    ['with its name on it', toMain],
    ['without its name', (address: string) => withoutIss(toMain(address))],
  ])('is not shown to the provider of the attempt, %s', async (_case, change) => {
    const { tab, answer } = await mixedUp();
    await expectNobodyIn(async () => expect((await tab.finish(change(answer))).outcome).toBe(REFUSED));
    expect(main.timesAsked('/token')).toBe(0);
  });

  it('is not shown to a provider that never says its own name, and signs nobody in where it is', async () => {
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_response_iss_parameter_supported: false }),
    };
    const { tab, answer } = await mixedUp();
    await expectNobodyIn(async () => {
      expect((await tab.finish(withoutIss(answer))).outcome).toBe(REFUSED);
      expect(main.timesAsked('/token')).toBe(0);
      // An attacker can change the address, in the browser; then a code of the other provider is all that the first one gets.
      expect((await tab.finish(withoutIss(toMain(answer)))).outcome).toBe(REFUSED);
    });
  });

  it('is refused without a name where the provider says that it always has one', async () => {
    await expectRefused({ answer: (query) => query.delete('iss') });
    expect(main.timesAsked('/token')).toBe(0);
    await expectRefused({ answer: (query) => query.set('iss', other.issuer) });
  });

  it('may have no name where the provider does not say that it has one', async () => {
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_response_iss_parameter_supported: false }),
      answer: (query) => query.delete('iss'),
    };
    expect(await new Tab(vault).signIn()).toBe('303');
  });

  it('finds no way by the first provider’s own name, or by one that there is not', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    for (const name of ['main', 'other', 'nobody', '%6dain'])
      expect((await tab.finish(callback.replace('/callback', `/callback/${name}`))).outcome).toBe(REFUSED);
    expect(main.timesAsked('/token')).toBe(0);
  });
});

describe('one name at two providers', () => {
  it('is two accounts of two people', async () => {
    main.subject = 'twin';
    other.subject = 'twin';
    const before = await vault.rows();
    for (const query of ['', '?provider=other', '', '?provider=other'])
      expect(await new Tab(vault).signIn(query)).toBe('303');
    const { accounts, people } = await vault.rows();
    expect([accounts - before.accounts, people - before.people]).toEqual([2, 2]);
  });

  it('has roles only where the provider may have staff', async () => {
    main.subject = 'olivia';
    other.subject = 'olivia';
    await vault.appoint(main.issuer, 'olivia', 'auditor');
    const [atMain, atOther] = [new Tab(vault), new Tab(vault)];
    await atMain.signIn();
    await atOther.signIn('?provider=other');
    expect([await atMain.whoAmI(), await atOther.whoAmI()]).toEqual(['auditor', 'person']);
    await vault.appoint(other.issuer, 'olivia', 'auditor');
    await atOther.signIn('?provider=other');
    expect(await atOther.whoAmI()).toBe('person');
  });
});

const ofStrict: Misbehaviour = {
  metadata: (metadata) => ({
    ...metadata,
    issuer: String(metadata.issuer).replace('127.0.0.1', 'localhost'),
  }),
  answer: (query) => query.set('iss', (query.get('iss') ?? '').replace('127.0.0.1', 'localhost')),
};
describe('a provider of which a level is asked', () => {
  const claimsOf = (acr: unknown) => (claims: Record<string, unknown>) => ({
    ...claims,
    iss: String(claims.iss).replace('127.0.0.1', 'localhost'),
    acr,
  });

  it('is told so, and signs in who has it', async () => {
    main.misbehaviour = { ...ofStrict, claims: claimsOf('gold') };
    const tab = new Tab(vault);
    const { url } = await tab.begin('?provider=strict');
    expect(new URL(url).searchParams.get('acr_values')).toBe('gold');
    expect((await tab.finish(await comeBack(url))).outcome).toBe('303');
  });

  it.each([['silver'], [undefined], ['golden'], [['gold']]])('signs nobody in with %s', async (acr) => {
    main.misbehaviour = { ...ofStrict, claims: claimsOf(acr) };
    await expectNobodyIn(async () =>
      expect(await new Tab(vault).signIn('?provider=strict')).toBe('403 sign_in.level_not_accepted'),
    );
  });
});

it('all that was refused is counted in the audit log', async () => {
  await new Tab(vault).begin('?provider=nobody');
  await vault.end();
  const counted = (await vault.auditLog())
    .filter((entry) => entry.includes('requests.unauthenticated'))
    .join();
  for (const [route, code] of [
    ['sign_in.finish', 'sign_in.refused'],
    ['sign_in.finish_at', 'sign_in.refused'],
    ['sign_in.finish_at', 'sign_in.level_not_accepted'],
    ['sign_in.start', 'sign_in.provider_unknown'],
  ])
    expect(counted).toContain(`"route":"${route}","code":"${code}"`);
});
