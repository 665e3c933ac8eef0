import { type ClientPseudonym } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { SHOP } from '../../vault.fixture.js';
import { codeOf, enact, inForce, reveal, somebody, vault, wish } from './rules-stage.fixture.js';

describe('a reveal', () => {
  const policy = {
    id: 'shop',
    who: { clients: ['brand-shop'] },
    purposes: ['delivery', 'support'],
    fields: 'all',
    form: 'plain',
  };
  const only = (change: object) => enact({ reveals: [{ ...policy, ...change }] });
  const said = async () => (await vault.entries()).at(-1)?.details;

  it('needs a policy that allows it, and never gets more than the code allows', async () => {
    const name = await somebody('DE');
    await only({});
    expect(await codeOf(reveal(name))).toBe('done');
    await enact({ reveals: [] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ purposes: ['legal-obligation', 'delivery'] });
    expect(await codeOf(reveal(name, wish({}, 'legal-obligation')))).toBe('people.purpose_not_allowed');
    await only({ fields: ['given_name'] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ reasons: ['legal'] });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    await only({ regions: ['FR'] });
    expect(await codeOf(reveal(name))).toBe('people.not_found');
  });

  it('may be allowed in the masked form alone', async () => {
    const name = await somebody();
    await only({ form: 'masked' });
    expect(await codeOf(reveal(name))).toBe('people.reveal_not_allowed');
    const masked = await reveal(name, wish({ form: 'masked' }));
    expect(masked.fields).toEqual({});
    expect(masked.masked?.email).toMatch(/^.•••@example\.org$/);
    expect(await said()).toEqual({ form: 'masked', policies: ['shop'] });
  });

  it('says in its entry which policies allowed it: of those that reach the person, and of counted ones the one that did', async () => {
    const [berlin, paris] = [await somebody('DE'), await somebody('FR')];
    const here = { ...policy, id: 'here', regions: ['DE'] };
    const anywhere = { ...policy, id: 'anywhere' };
    await enact({ reveals: [here, anywhere, { ...anywhere, id: 'masked', form: 'masked' }] });
    await reveal(berlin);
    expect(await said()).toEqual({ form: 'plain', policies: ['here', 'anywhere'] });
    await reveal(paris);
    expect(await said()).toEqual({ form: 'plain', policies: ['anywhere'] });
    vault.ahead = 60_000 - (Date.now() % 60_000);
    await enact({
      reveals: [
        { ...here, id: 'near', perMinute: 1 },
        { ...anywhere, id: 'far', perMinute: 9 },
      ],
    });
    const counted = [await reveal(berlin).then(said), await reveal(berlin).then(said)];
    expect(counted.map((details) => details?.policies)).toEqual([['near'], ['far']]);
    const many = Array.from({ length: 30 }, (_, at) => ({ ...policy, id: `one-${at}` }));
    await enact({ reveals: many });
    await reveal(berlin);
    expect((await said())?.policies).toEqual(many.slice(0, 20).map(({ id }) => id));
  });

  it('is narrowed by the rules, too: ticket, category, purpose', async () => {
    const name = await somebody();
    const rule = (only: object[]) =>
      enact({ rules: [{ id: 'r', app: 'vault', action: 'reveal', resource: 'Person', only }] });
    await rule([{ ticket: ['ORDER'] }]);
    expect(await codeOf(reveal(name))).toBe('done');
    await rule([{ ticket: ['CASE'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    await rule([{ category: ['indirect'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    expect(await codeOf(reveal(name, wish({ fields: ['given_name'] })))).toBe('done');
    await rule([{ purpose: ['support'] }]);
    expect(await codeOf(reveal(name))).toBe('auth.forbidden');
    expect(await codeOf(reveal(name, wish({}, 'support')))).toBe('done');
  });

  it('is counted by all replicas together, and to the last one', async () => {
    const name = await somebody();
    await only({ perMinute: 5 });
    vault.ahead = 60_000 - (Date.now() % 60_000);
    const replicas = [inForce(), inForce()].map((rules) => vault.revealsOfReplica(rules));
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        codeOf(
          replicas[at % 2]?.reveal(SHOP, name as ClientPseudonym, wish()) ??
            Promise.reject(new Error('none')),
        ),
      ),
    );
    expect(answers.filter((answer) => answer === 'done')).toHaveLength(5);
    expect(answers.filter((answer) => answer === 'request.rate_limited')).toHaveLength(11);
    const refused = await replicas[0]
      ?.reveal(SHOP, name as ClientPseudonym, wish())
      .catch((error: unknown) => error);
    const { headers } = refused as { headers: Record<string, string> };
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(60);
    vault.ahead += 60_000;
    expect(await codeOf(reveal(name))).toBe('done');
  });

  it('is taken from a policy that has some left for a person who lives there', async () => {
    const [berlin, paris] = [await somebody('DE'), await somebody('FR')];
    vault.ahead = 60_000 - (Date.now() % 60_000);
    await enact({
      reveals: [
        { ...policy, id: 'here', regions: ['DE'], perMinute: 1 },
        { ...policy, id: 'anywhere', perMinute: 1 },
      ],
    });
    const answers = [
      await codeOf(reveal(berlin)),
      await codeOf(reveal(berlin)),
      await codeOf(reveal(berlin)),
      await codeOf(reveal(paris)),
    ];
    expect(answers).toEqual(['done', 'done', 'request.rate_limited', 'request.rate_limited']);
  });

  it('keeps to the hours of a place, on the day that its clocks change, too', async () => {
    const name = await somebody();
    await only({ hours: [{ days: ['sun'], from: '02:00', to: '03:00', timeZone: 'Europe/Berlin' }] });
    const at = async (moment: string) => {
      vault.ahead = Date.parse(moment) - Date.now();
      return codeOf(reveal(name));
    };
    expect([await at('2027-03-28T00:59:00Z'), await at('2027-03-28T01:00:30Z')]).toEqual([
      'people.reveal_not_allowed',
      'people.reveal_not_allowed',
    ]);
    expect([
      await at('2027-10-31T00:30:00Z'),
      await at('2027-10-31T01:30:00Z'),
      await at('2027-10-31T02:00:00Z'),
    ]).toEqual(['done', 'done', 'people.reveal_not_allowed']);
  });
});
