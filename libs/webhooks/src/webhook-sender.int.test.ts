import { request } from 'node:https';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DivertedAgent, Receiver } from './receiver.fixture.js';
import { RESOLVED, SPELLINGS } from './spellings.fixture.js';
import { checkTarget, TargetRefused } from './target.js';
import { filteringAgent, WebhookSender, type WebhookSenderOptions } from './webhook-sender.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
const MESSAGE = { id: 'whd_1', body: '{"type":"person.erased"}' };
const PUBLIC = [{ address: '93.184.216.34', family: 4 }];
const HERE = [{ address: '127.0.0.1', family: 4 }];

let receiver: Receiver;
let agent: DivertedAgent;
beforeEach(async () => {
  receiver = await Receiver.open();
  agent = new DivertedAgent(receiver.port);
});
afterEach(() => receiver.close());

/** Whose connections all come here, were it to make any. */
const diverted = (options: Partial<WebhookSenderOptions> = {}) =>
  new WebhookSender({
    loopback: false,
    timeoutMs: 5_000,
    resolve: () => Promise.resolve(HERE),
    agentOf: () => agent,
    ...options,
  });
const here = (options: Partial<WebhookSenderOptions> = {}) =>
  new WebhookSender({ loopback: true, ...options });
const send = (sender: WebhookSender, url: string) => sender.send(url, MESSAGE, [SECRET]);

describe('an address inside', () => {
  it('is refused in every one of at least sixty spellings, and nobody is connected to', async () => {
    expect(new Set(SPELLINGS).size).toBeGreaterThanOrEqual(60);
    for (const host of SPELLINGS) {
      for (const url of [`https://${host}/`, `https://${host}:8443/`, `http://${host}/`]) {
        expect([url, (await send(diverted(), url)).code]).toEqual([url, 'target_refused']);
      }
    }
    expect(receiver.connections).toBe(0);
  });

  it('is refused for what it is, not for its port or scheme', () => {
    const reasons = SPELLINGS.filter((host) => !RESOLVED.includes(host)).map((host) => {
      try {
        checkTarget(`https://${host}/`, { loopback: false });
        return [host, 'taken'];
      } catch (error) {
        return [host, (error as TargetRefused).reason];
      }
    });
    expect(reasons.filter(([, reason]) => !['form', 'name', 'address'].includes(reason as string))).toEqual(
      [],
    );
  });

  it.each([
    ['user:secret@client.example/', 'credentials'],
    ['client.example@127.0.0.1/', 'credentials'],
    ['client.example:22/', 'port'],
    ['client.example:5432/', 'port'],
    ['client.example/#part', 'form'],
    ['client.example\\@127.0.0.1/', 'form'],
    ['client.example/\nx', 'form'],
  ])('%s is refused by its %s', async (rest, reason) => {
    expect(() => checkTarget(`https://${rest}`, { loopback: false })).toThrow(reason);
    await send(diverted({ resolve: () => Promise.resolve(PUBLIC) }), `https://${rest}`);
    expect(receiver.connections).toBe(0);
  });

  it('is not reached where only some of a name’s addresses are public', async () => {
    const both = diverted({ resolve: () => Promise.resolve([...PUBLIC, ...HERE]) });
    expect(await send(both, 'https://client.example/')).toEqual({ code: 'target_refused', status: null });
    expect(receiver.connections).toBe(0);
  });

  it('is not reached by a resolver that changes its mind: it is asked once', async () => {
    const answers = [PUBLIC, HERE, HERE, HERE];
    let asked = 0;
    const changing = diverted({ resolve: () => Promise.resolve(answers[asked++] ?? HERE) });
    expect(await send(changing, 'https://client.example/')).toEqual({ code: 'delivered', status: 204 });
    expect(asked).toBe(1);
    // Here the diverted agent has asked twice.
    expect(agent.addresses).toEqual([PUBLIC, PUBLIC]);
    expect((await send(changing, 'https://client.example/')).code).toBe('target_refused');
    expect(receiver.connections).toBe(1);
  });

  it('is not reached by the agent either, were all this to fail', async () => {
    const target = checkTarget('https://client.example/', { loopback: false });
    for (const host of ['client.example', '127.0.0.1']) {
      const sent = new Promise((resolve, reject) => {
        const outgoing = request(
          {
            host,
            port: receiver.port,
            agent: filteringAgent(target),
            lookup: (_host, { all }, answer) => (all ? answer(null, HERE) : answer(null, '127.0.0.1', 4)),
          },
          resolve,
        );
        outgoing.on('error', reject).end();
      });
      await expect(sent).rejects.toThrow('not allowed');
    }
    expect(receiver.connections).toBe(0);
  });

  it('is reached where the operator allows this machine, and nothing else inside is', async () => {
    expect(await send(here(), receiver.url)).toEqual({ code: 'delivered', status: 204 });
    expect(await send(here(), receiver.url.replace('127.0.0.1', 'localhost'))).toMatchObject({ status: 204 });
    for (const host of SPELLINGS) {
      if (/^(127\.|0177|0[xX]7|2130706433|017700|%|\[::1|\[0+:0|localhost$|LOCALHOST)/.test(host)) continue;
      expect([
        host,
        (await send(here({ resolve: () => Promise.resolve(HERE) }), `https://${host}/`)).code,
      ]).toEqual([host, 'target_refused']);
    }
  });
});

describe('a delivery', () => {
  it('is verified by the library of Standard Webhooks, under either of two secrets', async () => {
    await here().send(receiver.url, MESSAGE, [OTHER, SECRET]);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    for (const secret of [SECRET, OTHER])
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual({
        type: 'person.erased',
      });
    const forged = body.replace('erased', 'etched');
    expect(() => new Webhook(SECRET).verify(forged, headers as Record<string, string>)).toThrow('signature');
    const third = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
    expect(() => new Webhook(third).verify(body, headers as Record<string, string>)).toThrow('signature');
  });

  it.each([301, 302, 303, 307, 308])('is not sent on by a %i to this machine', async (status) => {
    const hidden = await Receiver.open();
    receiver.answer = (_, response) => void response.writeHead(status, { location: hidden.url }).end();
    expect(await send(here(), receiver.url)).toEqual({ code: 'redirected', status });
    expect(hidden.connections).toBe(0);
    await hidden.close();
  });

  it.each([
    [410, 'gone'],
    [400, 'answered'],
    [500, 'answered'],
  ])('that is answered by %i has failed: %s', async (status, code) => {
    receiver.answer = (_, response) => void response.writeHead(status).end('why');
    expect(await send(here(), receiver.url)).toEqual({ code, status });
  });

  it('waits for nobody who says nothing', async () => {
    receiver.answer = () => undefined;
    expect(await send(here({ timeoutMs: 100 }), receiver.url)).toEqual({ code: 'timeout', status: null });
    const deaf = here({ timeoutMs: 100, resolve: () => new Promise(() => undefined) });
    expect(await send(deaf, 'https://client.example/')).toEqual({ code: 'timeout', status: null });
  });

  it('ends an answer that doesn’t end by itself', async () => {
    let closed: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (closed = resolve));
    receiver.answer = (_, response) => {
      response.writeHead(200).on('close', closed);
      const more = () => void (response.destroyed || response.write('x'.repeat(16_384), more));
      more();
    };
    // The time limit would end it too.
    expect(await send(here({ timeoutMs: 600_000 }), receiver.url)).toMatchObject({ code: 'delivered' });
    await ended;
  });

  it('to where nobody listens is said to be unreachable', async () => {
    const { url } = receiver;
    await receiver.close();
    expect(await send(here(), url)).toEqual({ code: 'unreachable', status: null });
    receiver = await Receiver.open();
  });
});
