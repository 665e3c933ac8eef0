import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destroyModelKey, freezePermit, type GateId, type ModelKeyId } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ensureAuthority, ensureCertificate } from '../../../../tools/run/certificates.js';
import { VaultClient, VaultRefused } from './vault-client.js';

type Answer = (request: IncomingMessage, reply: ServerResponse) => void;

const gate = encodeId('gat', randomId()) as GateId;
const frozen = { gate, state: 'frozen', epoch: 2 };
let folder: string;
let server: Server;
let answer: Answer;
let client: VaultClient;
let seen: { url: string; method: string; body: string; authorised: boolean }[];

const pair = (name: string) => ({
  certificate: join(folder, `${name}.crt`),
  key: join(folder, `${name}.key`),
});
const read = (name: string) => ({
  cert: readFileSync(pair(name).certificate),
  key: readFileSync(pair(name).key, 'utf8'),
  ca: readFileSync(pair('ca').certificate),
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'integument-line-'));
  const now = new Date();
  for (const authority of ['ca', 'other-ca']) await ensureAuthority(pair(authority), now);
  const vault = { commonName: 'vault', spiffeId: 'spiffe://integument/vault', use: 'server' } as const;
  const api = { commonName: 'api', spiffeId: 'spiffe://integument/api', use: 'client' } as const;
  await ensureCertificate(pair('vault'), pair('ca'), vault, now);
  await ensureCertificate(pair('api'), pair('ca'), api, now);
  await ensureCertificate(pair('impostor'), pair('other-ca'), vault, now);
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(async () => {
  seen = [];
  server = await listen('vault');
  client = new VaultClient({ url: urlOf(server), ...read('api'), timeoutMs: 400 });
});
afterEach(() => {
  client.close();
  server.closeAllConnections();
  server.close();
});

async function listen(name: string): Promise<Server> {
  const tls = { ...read(name), requestCert: true, rejectUnauthorized: false } as const;
  const started = createServer(tls, (request, reply) => {
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      const { authorized } = request.socket as unknown as { authorized: boolean };
      seen.push({ url: request.url ?? '', method: request.method ?? '', body, authorised: authorized });
      answer(request, reply);
    });
  });
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  return started;
}

function urlOf(listening: Server): string {
  return `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

function replyWith(status: number, body: string): Answer {
  return (_, reply) => {
    reply.writeHead(status, { 'content-type': 'application/json' }).end(body);
  };
}

const freeze = () => client.call(freezePermit, { body: { gate, epoch: 2 } });

describe('a call to the vault', () => {
  it('shows the API’s certificate, sends the body and gives the reply by contract', async () => {
    answer = replyWith(200, JSON.stringify({ ...frozen, surprise: 'x' }));
    expect(await freeze()).toEqual(frozen);
    expect(seen).toEqual([
      { url: freezePermit.path, method: 'POST', body: JSON.stringify({ gate, epoch: 2 }), authorised: true },
    ]);
  });

  it('fills the path, with whatever could break out of it encoded', async () => {
    answer = (_, reply) => reply.writeHead(204).end();
    const modelKey = '../permits/keys?x#y' as ModelKeyId;
    await client.call(destroyModelKey, { params: { modelKey } });
    expect(seen[0]).toMatchObject({
      url: '/internal/v1/model-keys/..%2Fpermits%2Fkeys%3Fx%23y',
      method: 'DELETE',
    });
  });

  it('that is refused says by which code, and keeps no text of the answer', async () => {
    answer = replyWith(409, JSON.stringify({ code: 'permits.stale_epoch', detail: 'canary' }));
    const refusal = await freeze().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(VaultRefused);
    expect(refusal).toMatchObject({ status: 409, code: 'permits.stale_epoch' });
    expect(JSON.stringify(refusal) + String(refusal)).not.toContain('canary');
  });

  it.each<[string, Answer]>([
    ['an answer that is no JSON', replyWith(200, '<html>')],
    ['an answer that breaks the contract', replyWith(200, JSON.stringify({ ...frozen, epoch: 'two' }))],
    ['an empty answer', replyWith(200, '')],
    ['a failure', replyWith(500, '{"code":"internal"}')],
    ['a redirection', replyWith(302, '')],
    ['a hang-up', (request) => request.socket.destroy()],
    ['silence', () => undefined],
    [
      'an answer without end',
      (_, reply) => {
        reply.writeHead(200);
        reply.write('{');
      },
    ],
    ['an answer of many megabytes', replyWith(200, `"${'x'.repeat(9 * 1024 * 1024)}"`)],
  ])('that meets with %s counts as the vault being away', async (_, met) => {
    answer = met;
    await expect(freeze()).rejects.toMatchObject({ code: 'vault.unavailable', status: 503 });
  });

  it('without a reply in its contract is not done by a redirection either', async () => {
    answer = replyWith(302, '');
    const modelKey = encodeId('mdk', randomId()) as ModelKeyId;
    await expect(client.call(destroyModelKey, { params: { modelKey } })).rejects.toMatchObject({
      status: 503,
    });
  });

  it('is not made to somebody with a certificate of another authority', async () => {
    answer = replyWith(200, JSON.stringify(frozen));
    const impostor = await listen('impostor');
    const misled = new VaultClient({ url: urlOf(impostor), ...read('api') });
    const call = misled.call(freezePermit, { body: { gate, epoch: 2 } });
    await expect(call).rejects.toMatchObject({ code: 'vault.unavailable' });
    expect(seen).toEqual([]);
    misled.close();
    impostor.closeAllConnections();
    impostor.close();
  });
});
