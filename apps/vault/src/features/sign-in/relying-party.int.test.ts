import { describe, expect, it } from 'vitest';
import { comeBack, Tab } from './tab.fixture.js';
import { expectNobodyIn, later, main, other, REFUSED, vault, withQuery } from './two-providers.fixture.js';

describe('a provider that behaves', () => {
  it('signs somebody in, with nothing asked for but who it is', async () => {
    const tab = new Tab(vault);
    const { url } = await tab.begin();
    expect(new URL(url).searchParams.get('scope')).toBe('openid');
    expect(new URL(url).searchParams.get('max_age')).toBe('43200');
    const ofPeople = await new Tab(vault).begin('?provider=other');
    expect(new URL(ofPeople.url).searchParams.get('max_age')).toBeNull();
    expect((await tab.finish(await comeBack(url))).outcome).toBe('303');
    expect(await tab.whoAmI()).toBe('person');
  });

  it('stands in the list by id and name, and by nothing else', async () => {
    const list = await fetch(`${vault.url}/v1/sign-in/providers`);
    expect(await list.json()).toEqual({
      providers: [
        { id: 'main', name: 'Main' },
        { id: 'other', name: 'Other' },
        { id: 'strict', name: 'Strict' },
      ],
    });
  });

  it('is the one that was named; a name that nobody has is refused', async () => {
    const tab = new Tab(vault);
    expect((await tab.begin('?provider=other')).url).toContain(`${other.issuer}/auth?`);
    expect((await tab.begin()).url).toContain(`${main.issuer}/auth?`);
    for (const name of ['nobody', 'MAIN', '__proto__', '..%2Fmain'])
      expect((await tab.begin(`?provider=${name}`)).outcome).toBe('400 sign_in.provider_unknown');
  });

  it('is seen to have another configuration after five minutes at the latest', async () => {
    expect(await new Tab(vault).signIn()).toBe('303');
    main.misbehaviour = {
      metadata: (metadata) => ({ ...metadata, authorization_endpoint: `${main.issuer}/elsewhere` }),
    };
    later(299_000);
    expect((await new Tab(vault).begin()).url).toContain('/auth?');
    later(2_000);
    expect((await new Tab(vault).begin()).url).toContain('/elsewhere?');
  });
});

describe('an attempt', () => {
  it('is good once: the same address again in the same browser signs nobody in', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const kept = tab.copy();
    expect((await tab.finish(callback)).outcome).toBe('303');
    await expectNobodyIn(async () => {
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
      // Somebody who kept the cookie, too, and a provider that gives tokens as often as it is asked.
      expect((await kept.finish(callback)).outcome).toBe(REFUSED);
      const newCode = await comeBack((await new Tab(vault).begin()).url);
      const state = new URL(callback).searchParams.get('state') ?? '';
      expect((await kept.finish(withQuery(newCode, { state }))).outcome).toBe(REFUSED);
    });
    expect(main.timesAsked('/token')).toBe(1);
  });

  it('is good once, however many finish it at the same time', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const { sessions } = await vault.rows();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, async () => (await tab.copy().finish(callback)).outcome),
    );
    expect(outcomes.filter((outcome) => outcome === '303')).toHaveLength(1);
    expect(new Set(outcomes)).toEqual(new Set(['303', REFUSED]));
    expect(main.timesAsked('/token')).toBe(1);
    expect((await vault.rows()).sessions).toBe(sessions + 1);
  });

  it('of a new account signs in all that come at once, as one person', async () => {
    main.misbehaviour = { claims: (claims) => ({ ...claims, sub: 'first-of-all' }) };
    const before = await vault.rows();
    const tabs = Array.from({ length: 12 }, () => new Tab(vault));
    expect(new Set(await Promise.all(tabs.map((tab) => tab.signIn())))).toEqual(new Set(['303']));
    const { people, sessions } = await vault.rows();
    expect([people, sessions]).toEqual([before.people + 1, before.sessions + 12]);
  });

  it('is spent also by an answer that was refused', async () => {
    const tab = new Tab(vault);
    main.misbehaviour = { claims: (claims) => ({ ...claims, nonce: 'another' }) };
    const callback = await tab.beginAndComeBack();
    await expectNobodyIn(async () => {
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
      main.misbehaviour = {};
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    });
  });

  it('is not spoiled by a page that sends the browser here with another state', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    for (const query of [{ state: 'x' }, { state: '' }, { error: 'access_denied', state: 'x' }])
      expect((await tab.finish(withQuery(callback, query))).outcome).toBe(REFUSED);
    expect((await tab.finish(`${vault.url}/v1/sign-in/callback`)).outcome).toBe(REFUSED);
    expect((await tab.finish(callback)).outcome).toBe('303');
  });

  it('takes no state of the attempt before it, of another browser or twice', async () => {
    const tab = new Tab(vault);
    const before = await tab.beginAndComeBack();
    const callback = await tab.beginAndComeBack();
    const ofAnother = await new Tab(vault).beginAndComeBack();
    await expectNobodyIn(async () => {
      expect((await tab.finish(before)).outcome).toBe(REFUSED);
      expect((await tab.finish(ofAnother)).outcome).toBe(REFUSED);
      expect((await tab.finish(`${callback}&state=x`)).outcome).toBe(REFUSED);
      expect((await new Tab(vault).finish(callback)).outcome).toBe(REFUSED);
    });
    expect(main.timesAsked('/token')).toBe(0);
  });

  it('takes no code of another attempt, whose verifier it does not have, also where the nonce fits', async () => {
    const tab = new Tab(vault);
    const { url } = await tab.begin();
    const nonce = new URL(url).searchParams.get('nonce');
    const stolen = new URL(await new Tab(vault).beginAndComeBack()).searchParams.get('code') ?? '';
    main.misbehaviour = { claims: (claims) => ({ ...claims, nonce }) };
    await expectNobodyIn(async () => {
      const callback = withQuery(await comeBack(url), { code: stolen });
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    });
  });

  it('ends after ten minutes', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    later(601_000);
    await expectNobodyIn(async () => expect((await tab.finish(callback)).outcome).toBe(REFUSED));
  });

  it('is no cookie that the vault did not write', async () => {
    const tab = new Tab(vault);
    const callback = await tab.beginAndComeBack();
    const [[name = '', value = ''] = []] = tab.cookies;
    for (const wrong of [value.slice(1), `${value.slice(0, -4)}AAAA`, 'x']) {
      tab.cookies.set(name, wrong);
      expect((await tab.finish(callback)).outcome).toBe(REFUSED);
    }
  });
});
