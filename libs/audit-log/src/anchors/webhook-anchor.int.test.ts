import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateNoteKey, leafHash, NoteSigner, signCheckpoint, subtreeRoot } from '../core/index.js';
import { AnchorRefused } from './anchor.js';
import { WebhookAnchor } from './webhook-anchor.js';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const signer = NoteSigner.parse(generateNoteKey('log.example/audit').skey);
const now = () => new AbortController().signal;

function checkpoint(...entries: string[]) {
  const root = Buffer.from(subtreeRoot(entries.map((entry) => leafHash(Buffer.from(entry)))));
  const size = entries.length;
  return { size, root, note: signCheckpoint({ size, root }, signer) };
}

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let server: Server;
let url: string;
let received: Received[];
let answer: { status: number; body: string; headers?: Record<string, string> };
beforeEach(async () => {
  received = [];
  answer = { status: 204, body: '' };
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, answer.headers).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const verified = ({ headers, body }: Received, key = secret) =>
  new Webhook(key).verify(body, headers as Record<string, string>);

describe('a webhook for checkpoints', () => {
  it('gets the note, signed so that the standard’s own library accepts it', async () => {
    const { size, root, note } = checkpoint('a', 'b', 'c');
    await new WebhookAnchor({ url, secret }).anchor({ size, root, note }, now());
    const [got] = received;
    expect(got && verified(got)).toMatchObject({
      type: 'audit.checkpoint',
      data: { origin: 'log.example/audit', size: 3, root: root.toString('base64'), note },
    });
    expect(got?.headers['content-type']).toBe('application/json');
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    expect(() => got && verified(got, other)).toThrow();
  });

  it('gets one id for one checkpoint however often it comes, and another for each other one, a fork’s too', async () => {
    const anchor = new WebhookAnchor({ url, secret });
    for (const one of [checkpoint('a'), checkpoint('a'), checkpoint('a', 'b'), checkpoint('X')]) {
      await anchor.anchor(one, now());
    }
    const [first, again, longer, fork] = received.map(({ headers }) => headers['webhook-id']);
    expect(again).toBe(first);
    expect(new Set([first, longer, fork]).size).toBe(3);
    // The signature's input is `id.time.body`.
    for (const id of [first, longer, fork]) expect(id).toMatch(/^[A-Za-z0-9_]{1,80}$/);
  });

  it.each([200, 201, 299])('has acknowledged with %i', async (status) => {
    answer = { status, body: 'thanks' };
    await new WebhookAnchor({ url, secret }).anchor(checkpoint('a'), now());
  });

  it.each([300, 304, 400, 409, 410, 500, 503])('has not with %i', async (status) => {
    answer = { status, body: '' };
    const work = new WebhookAnchor({ url, secret }).anchor(checkpoint('a'), now());
    await expect(work).rejects.toBeInstanceOf(AnchorRefused);
  });

  it('is not followed to another place', async () => {
    answer = { status: 307, body: '', headers: { location: `${url}/elsewhere` } };
    await expect(new WebhookAnchor({ url, secret }).anchor(checkpoint('a'), now())).rejects.toThrow();
    expect(received).toHaveLength(1);
  });

  it('is not read without end', async () => {
    answer = { status: 200, body: 'x'.repeat(1_000_000) };
    const work = new WebhookAnchor({ url, secret }).anchor(checkpoint('a'), now());
    await expect(work).rejects.toBeInstanceOf(AnchorRefused);
  });

  it('is given up when the app stops', async () => {
    const stopping = new AbortController();
    const work = new WebhookAnchor({ url, secret }).anchor(checkpoint('a'), stopping.signal);
    stopping.abort();
    await expect(work).rejects.toThrow();
  });

  it.each([
    'http://hooks.example.com/x',
    'http://127.0.0.1.example.com/',
    'ftp://hooks.example.com/',
    'https://user:pw@hooks.example.com/',
    'hooks.example.com',
  ])('is not taken at %s', (address) => {
    expect(() => new WebhookAnchor({ url: address, secret })).toThrow(RangeError);
  });

  it.each(['', 'secret', 'whsec_', 'whsec_c2hvcnQ=', secret.slice(6), `${secret}\n`])(
    'is not taken with a secret like %j',
    (wrong) => {
      expect(() => new WebhookAnchor({ url, secret: wrong })).toThrow(RangeError);
    },
  );

  it('does not show its secret when inspected', () => {
    const anchor = new WebhookAnchor({ url, secret });
    const shown = inspect(anchor, { depth: 9, showHidden: true }) + JSON.stringify(anchor);
    expect(shown).not.toContain(secret.slice(6, 20));
  });
});
