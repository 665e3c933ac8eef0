import type { ClientId, DeliveryId } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CASE } from '../../member.fixture.js';
import { rotate, TestClock } from '../../rotation.fixture.js';
import { DeliveriesStore } from './deliveries.store.js';
import { PAUSES_MS } from './pauses.js';
import { ALL, dyingSender, heard, type Told, WebhooksStage } from './webhooks-stage.fixture.js';

let stage: WebhooksStage;
beforeAll(async () => {
  stage = await WebhooksStage.open();
});
afterAll(() => stage.close());

const fails: Told['answer'] = (_, response) => void response.writeHead(500).end();
const takes: Told['answer'] = (_, response) => void response.writeHead(204).end();
const eventsOf = (told: Told) => heard(told).map(({ type }) => type);
const view = (client: ClientId) => stage.admin.ask((tx, asker) => stage.service.read(tx, asker, client));
const replay = (client: ClientId, deliveries?: DeliveryId[]) =>
  stage.admin.ask((tx, asker) =>
    stage.service.replay(tx, asker, client, { reason: CASE, ...(deliveries && { deliveries }) }),
  );
const deadLetters = (client: ClientId) =>
  stage.admin.ask((tx, asker) => stage.service.deadLetters(tx, asker, client));
/** Fails until it is given up. */
async function toDeath(told: Told): Promise<void> {
  told.answer = fails;
  for (let attempt = 0; attempt <= PAUSES_MS.length; attempt++) {
    await stage.sendAll();
    await stage.later(told.client);
  }
  told.answer = takes;
}

describe('what happens to a consent', () => {
  it('is told to each client by its own name for the person, and nothing else', async () => {
    const [one, other] = [await stage.told(), await stage.told()];
    const person = await stage.somebody(one.client, other.client);
    await person.give('analytics');
    await person.withdraw();
    await person.giveAgain();
    await person.withdraw();
    await person.end();
    await stage.sendAll();
    for (const told of [one, other]) {
      expect(eventsOf(told)).toEqual([
        'consent.given',
        'consent.withdrawn',
        'consent.given',
        'consent.withdrawn',
        'consent.ended',
      ]);
      const [first] = heard(told);
      expect(first?.data).toEqual({ person: person.names[told.client], purpose: 'analytics' });
      expect(await stage.deliveries(told.client)).toEqual([]);
    }
  });

  it('is not told to who didn’t ask for it, or has no name for the person', async () => {
    const [some, none] = [await stage.told(['consent.withdrawn']), await stage.told()];
    const person = await stage.somebody(some.client);
    await person.give();
    await person.withdraw();
    await stage.sendAll();
    expect(eventsOf(some)).toEqual(['consent.withdrawn']);
    expect(none.received).toEqual([]);
  });

  it('is told once, however often the data plane says so', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await person.give();
    await person.give();
    await person.giveAgain();
    expect(await stage.deliveries(told.client)).toHaveLength(1);
  });

  it('is told exactly if it was committed', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await stage.vault.query('ALTER TABLE webhook_delivery ADD CONSTRAINT nothing CHECK (false) NOT VALID');
    await expect(person.give()).rejects.toThrow('nothing');
    await stage.vault.query('ALTER TABLE webhook_delivery DROP CONSTRAINT nothing');
    expect(await stage.vault.query('SELECT 1 FROM permit WHERE person_id = $1', [person.personId])).toEqual(
      [],
    );
  });
});

describe('a delivery that fails', () => {
  it('comes again later, and holds back what happened to the same person, nobody else', async () => {
    const told = await stage.told();
    const [person, neighbour] = [await stage.somebody(told.client), await stage.somebody(told.client)];
    await person.give();
    await person.withdraw();
    await neighbour.give();
    let first: string | undefined;
    told.answer = (request, response) => {
      first ??= told.received.at(-1)?.body;
      const broken = told.received.at(-1)?.body === first;
      return broken ? fails(request, response) : takes(request, response);
    };
    await stage.sendAll();
    const of = (name: string | undefined) => heard(told).filter(({ data }) => data.person === name);
    expect(of(person.names[told.client]).map(({ type }) => type)).toEqual(['consent.given']);
    expect(of(neighbour.names[told.client])).toHaveLength(1);
    told.answer = takes;
    await stage.sendAll();
    expect(of(person.names[told.client])).toHaveLength(1);
    await stage.later(told.client);
    await stage.sendAll();
    const mine = of(person.names[told.client]);
    expect(mine.map(({ type }) => type)).toEqual(['consent.given', 'consent.given', 'consent.withdrawn']);
    expect(new Set(mine.map(({ id }) => id)).size).toBe(2);
  });

  it('for about a day is a dead letter, and replayed under the same id, once', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await person.give();
    await toDeath(told);
    expect(told.received).toHaveLength(PAUSES_MS.length + 1);
    const { deadLetters: dead } = await deadLetters(told.client);
    expect(dead).toMatchObject([{ type: 'consent.given', code: 'answered', status: 500 }]);
    expect(JSON.stringify(dead)).not.toContain(person.names[told.client]);
    const [delivery] = dead.map((one) => one.delivery as DeliveryId);
    expect(await replay(told.client, [delivery as DeliveryId])).toEqual({ replayed: 1 });
    expect(await replay(told.client, [delivery as DeliveryId])).toEqual({ replayed: 0 });
    await stage.sendAll();
    expect(await replay(told.client)).toEqual({ replayed: 0 });
    const ids = heard(told).map(({ id }) => id);
    expect([ids.length, new Set(ids)]).toEqual([PAUSES_MS.length + 2, new Set([delivery])]);
  });

  it('doesn’t let the next one wait for good: after a dead letter comes what happened later', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await person.give();
    await toDeath(told);
    await person.withdraw();
    await stage.sendAll();
    expect(eventsOf(told).at(-1)).toBe('consent.withdrawn');
  });

  it('and was sent by a process that died before it knew, is sent under the same id', async () => {
    const told = await stage.told();
    await (await stage.somebody(told.client)).give();
    const sent = new Promise<void>((resolve) => {
      void stage.loop(dyingSender(resolve)).beat();
    });
    await sent;
    await stage.sendAll();
    expect(told.received).toHaveLength(1);
    await stage.later(told.client);
    await stage.sendAll();
    const ids = heard(told).map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([2, 1]);
    expect(await stage.deliveries(told.client)).toEqual([]);
  });
});

describe('several processes', () => {
  it('share what there is: each delivery is sent once', async () => {
    const told = await stage.told();
    for (let at = 0; at < 40; at++) await (await stage.somebody(told.client)).give();
    const loops = Array.from({ length: 4 }, () => stage.loop());
    await Promise.all(loops.map((loop) => stage.sendAll(loop)));
    const ids = heard(told).map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([40, 40]);
  });
});

describe('a claim', () => {
  it('takes what nobody has just then, and waits for nobody', async () => {
    const told = await stage.told();
    for (let at = 0; at < 6; at++) await (await stage.somebody(told.client)).give();
    const store = new DeliveriesStore();
    const { unitOfWork } = stage.vault;
    const claim = (tx: Tx) => store.claim(tx, new Map(), 4, 60_000);
    const both = await unitOfWork.run(async (tx) => [await claim(tx), await unitOfWork.single(claim)]);
    const mine = both.map((rows) => rows.filter(({ client_id }) => client_id === told.client).length);
    expect(mine).toEqual([4, 2]);
    expect(await unitOfWork.single(claim)).toEqual([]);
    await stage.later(told.client);
  });
});

describe('an endpoint', () => {
  it('that is slow holds up no other', async () => {
    const [slow, quick] = [await stage.told(), await stage.told()];
    slow.answer = () => undefined;
    for (let at = 0; at < 10; at++) await (await stage.somebody(slow.client, quick.client)).give();
    const loop = stage.loop();
    await loop.beat();
    await expect.poll(() => quick.received.length, { timeout: 2_500 }).toBe(10);
    expect(slow.received.length).toBeLessThanOrEqual(4);
    await stage.admin.ask((tx, asker) => stage.service.remove(tx, asker, slow.client));
    await loop.idle();
  });

  it('that has failed for most of a day is switched off, with an entry; put again it is told the rest', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await person.give();
    told.answer = fails;
    await stage.sendAll();
    expect(await view(told.client)).toMatchObject({ state: 'on', waiting: 1, offBecause: null });
    await stage.vault.query(
      `UPDATE webhook_endpoint SET failing_since = failing_since - interval '20 hours'`,
    );
    await stage.later(told.client);
    await stage.sendAll();
    expect(await view(told.client)).toMatchObject({ state: 'off', offBecause: 'failing', waiting: 1 });
    const entries = (await stage.vault.entries()).filter(({ object }) => object === told.client);
    expect(entries.filter(({ action }) => action === 'webhooks.switch_off')).toMatchObject([
      { actor: { kind: 'system', id: 'webhooks' }, details: { because: 'failing' } },
    ]);
    await expect(replay(told.client)).rejects.toThrow('webhooks.off');
    await person.withdraw();
    await stage.later(told.client);
    await stage.sendAll();
    expect(told.received).toHaveLength(2);
    told.answer = takes;
    expect(await stage.put(told.client, told.url)).toMatchObject({ state: 'on', secret: null });
    await stage.sendAll();
    expect(eventsOf(told).slice(2)).toEqual(['consent.given', 'consent.withdrawn']);
    expect(await view(told.client)).toMatchObject({ failingSince: null, waiting: 0 });
  });

  it('that answers 410 is switched off at once', async () => {
    const told = await stage.told();
    await (await stage.somebody(told.client)).give();
    told.answer = (_, response) => void response.writeHead(410).end();
    await stage.sendAll();
    expect(await view(told.client)).toMatchObject({ state: 'off', offBecause: 'gone' });
  });

  it('has two secrets for a day after a rotation, and after another one the first no more', async () => {
    const told = await stage.told();
    const rotate = () =>
      stage.admin.ask((tx, asker) => stage.service.rotateSecret(tx, asker, told.client, CASE));
    const verifies = (secret: string | null) => {
      const { headers, body } = told.received.at(-1) ?? { headers: {}, body: '' };
      try {
        return new Webhook(secret ?? '').verify(body, headers as Record<string, string>) !== undefined;
      } catch {
        return false;
      }
    };
    const send = async () => {
      await (await stage.somebody(told.client)).give();
      await stage.sendAll();
    };
    const { secret: second, secrets } = await rotate();
    expect(secrets).toBe(2);
    await send();
    expect([told.secret, second].map(verifies)).toEqual([true, true]);
    const { secret: third } = await rotate();
    await send();
    expect([told.secret, second, third].map(verifies)).toEqual([false, true, true]);
    await stage.vault.query('UPDATE webhook_secret SET not_after = now() WHERE not_after IS NOT NULL');
    await send();
    expect([second, third].map(verifies)).toEqual([false, true]);
  });

  it('signs on when the key that its secret lies under is another one', async () => {
    const told = await stage.told();
    const versions = () =>
      stage.vault.query<{ domain_key: number }>('SELECT DISTINCT domain_key FROM webhook_secret');
    const before = await versions();
    await rotate(stage.vault, new TestClock(), 'webhook');
    const after = await versions();
    expect([before.length, after.length]).toEqual([1, 1]);
    expect(after).not.toEqual(before);
    await (await stage.somebody(told.client)).give();
    await stage.sendAll();
    expect(eventsOf(told)).toEqual(['consent.given']);
  });

  it('keeps no secret in the clear', async () => {
    const told = await stage.told();
    const key = Buffer.from(told.secret.slice('whsec_'.length), 'base64');
    const rows = await stage.vault.query<{ wrapped: Buffer }>('SELECT wrapped FROM webhook_secret');
    expect(rows.every(({ wrapped }) => !wrapped.includes(key))).toBe(true);
  });

  it('of a suspended client is told nothing until that is lifted', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    const suspended = (sql: string) =>
      stage.vault.query(`UPDATE client SET suspended_at = ${sql} WHERE client_id = $1`, [told.client]);
    await suspended('now()');
    await person.give();
    await stage.sendAll();
    expect(told.received).toEqual([]);
    await suspended('NULL');
    await stage.sendAll();
    expect(told.received).toHaveLength(1);
  });

  it('goes with its client, whoever removes that', async () => {
    const told = await stage.told();
    await (await stage.somebody(told.client)).give();
    await stage.vault.query('UPDATE client SET removed = true WHERE client_id = $1', [told.client]);
    await expect(view(told.client)).rejects.toThrow('webhooks.not_found');
    expect(await stage.deliveries(told.client)).toEqual([]);
  });

  it.each(['http://93.184.216.34/', 'https://169.254.169.254/latest', 'https://db.internal/', 'https://x'])(
    'is refused at %s',
    async (url) => {
      await expect(stage.put(await stage.client(), url)).rejects.toThrow('webhooks.target_refused');
    },
  );

  it('is refused for a health client, and for none', async () => {
    const url = 'https://client.example/told';
    await expect(stage.put(await stage.client('health'), url)).rejects.toThrow('webhooks.not_identity');
    await expect(stage.put('nobody' as ClientId, url)).rejects.toThrow('clients.not_found');
  });

  it('shows and logs its URL without what may be a secret', async () => {
    const client = await stage.client();
    const { url } = await stage.put(client, 'https://client.example/told?key=s3cret', ALL);
    expect(url).toBe('https://client.example/told');
    const entries = (await stage.vault.entries()).filter(({ object }) => object === client);
    expect(entries).toMatchObject([
      { action: 'webhooks.put', details: { origin: 'https://client.example' } },
    ]);
    expect(JSON.stringify(entries)).not.toContain('s3cret');
  });
});

describe('somebody’s erasure', () => {
  it('is told, and what was not told of them is forgotten', async () => {
    const [told, deaf] = [await stage.told(), await stage.told(['consent.given'])];
    const person = await stage.somebody(told.client, deaf.client);
    await person.give();
    await toDeath(told);
    await person.withdraw();
    await person.erase();
    const name = person.names[told.client];
    expect(await stage.deliveries(told.client)).toMatchObject([{ event: 'person.erased', purpose: null }]);
    expect(await stage.deliveries(deaf.client)).toEqual([]);
    const before = told.received.length;
    await stage.sendAll();
    expect(
      heard(told)
        .slice(before)
        .map(({ type, data }) => [type, data]),
    ).toEqual([['person.erased', { person: name }]]);
    expect(await stage.deliveries(told.client)).toEqual([]);
  });

  it('is told after what was being sent just then', async () => {
    const told = await stage.told();
    const person = await stage.somebody(told.client);
    await person.give();
    await new Promise<void>((resolve) => void stage.loop(dyingSender(resolve)).beat());
    await person.erase();
    await stage.sendAll();
    expect(eventsOf(told)).toEqual(['consent.given']);
    await stage.later(told.client);
    await stage.sendAll();
    expect(eventsOf(told)).toEqual(['consent.given', 'person.erased']);
  });
});

describe('with time', () => {
  it('what waits at an endpoint that is off dies, and what is dead goes', async () => {
    const told = await stage.told();
    await (await stage.somebody(told.client)).give();
    const age = (column: string, days: number) =>
      stage.vault.query(
        `UPDATE webhook_delivery SET ${column} = ${column} - $2 * interval '1 day' WHERE client_id = $1`,
        [told.client, days],
      );
    const sweep = () => stage.vault.unitOfWork.run((tx) => stage.loop().sweep(tx));
    await sweep();
    expect(await stage.deliveries(told.client)).toMatchObject([{ state: 'waiting' }]);
    await age('queued_at', 2.1);
    await sweep();
    const [dead] = await stage.deliveries(told.client);
    expect(dead?.state).toBe('dead');
    await replay(told.client, [encodeId('whd', dead?.delivery_id ?? Buffer.alloc(16)) as DeliveryId]);
    await sweep();
    expect(await stage.deliveries(told.client)).toMatchObject([{ state: 'waiting' }]);
    await age('queued_at', 2.1);
    await sweep();
    await age('died_at', 31);
    await sweep();
    expect(await stage.deliveries(told.client)).toEqual([]);
  });
});
