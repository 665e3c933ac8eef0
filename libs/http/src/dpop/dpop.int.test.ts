import { request as send } from 'node:http';
import { problem } from '@integument/contracts';
import { openDatabase, UnitOfWork } from '@integument/database';
import { freshEmptyDatabase } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  Limits,
  limitSettings,
  limitTable,
  parseConfig,
  postgresCounts,
  rateCountSchemaSql,
} from '../index.js';
import { ClientKey } from '../testing/client-key.js';
import { KeyServer } from '../testing/key-server.js';
import { keyed, startTestApp, type TestApp } from '../testing/test-app.js';
import { SpentProofs, spentProofsSchemaSql } from './spent-proofs.js';

type Replicas = readonly [TestApp, TestApp];
type Source = Awaited<ReturnType<typeof openDatabase>>;

const ALGS = 'algs="ES256 EdDSA Ed25519"';
const COURIER = { sub: 'courier', client_id: 'courier' };
let keys: KeyServer;
let database: Awaited<ReturnType<typeof freshEmptyDatabase>>;
let sources: Source[];
let replicas: Replicas;
let app: TestApp;
let key: ClientKey;
let token: string;

beforeAll(async () => {
  [keys, database, key] = await Promise.all([KeyServer.start(), freshEmptyDatabase(), ClientKey.make()]);
  const source = () =>
    openDatabase({ url: database.url, poolSize: 8, applicationName: 'test', migrations: [] });
  sources = [await source(), await source()];
  await sources[0]?.query(spentProofsSchemaSql + rateCountSchemaSql);
  const replica = (of: Source) =>
    startTestApp(undefined, { keys, marks: new SpentProofs(new UnitOfWork(of)) });
  replicas = (await Promise.all(sources.map(replica))) as unknown as Replicas;
  [app] = replicas;
  token = await keys.bind(key.thumbprint);
});
afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  await Promise.all(sources.map((source) => source.destroy()));
  keys.close();
  await database.drop();
});
beforeEach(() => {
  for (const replica of replicas) {
    replica.refusals.length = 0;
    replica.strangers.length = 0;
    replica.clockOffset = 0;
  }
});

async function ask(authorization: string, proof?: string, path = '/v1/things/a', at = app, method = 'GET') {
  const headers = { authorization, ...(proof !== undefined && { dpop: proof }) };
  const response = await fetch(at.base + path, { method, headers });
  const text = await response.text();
  const code = response.ok ? undefined : problem.parse(JSON.parse(text)).code;
  return { status: response.status, code, challenge: response.headers.get('www-authenticate') };
}
const prove = (by = key, of = token, path = '/v1/things/a') => by.prove({ token: of, path });

describe('a token that is bound to a key', () => {
  test('is good with a new proof for each request, remembered or not', async () => {
    for (const offset of [0, 0, 1_500, 30_000]) {
      app.clockOffset = offset;
      expect((await ask(`DPoP ${token}`, await prove())).status).toBe(200);
      expect(await ask(`DPoP ${token}`)).toEqual({
        status: 401,
        code: 'auth.proof_invalid',
        challenge: `DPoP error="invalid_dpop_proof", ${ALGS}`,
      });
    }
    expect((await ask(`dpop ${token}`, await prove())).status).toBe(200);
  });

  test('is refused as a bearer token, with a proof too, also once it is remembered, and on record', async () => {
    for (const bound of [token, await keys.bind(key.thumbprint)]) {
      for (const proof of [undefined, await prove(key, bound)]) {
        expect(await ask(`Bearer ${bound}`, proof)).toEqual({
          status: 401,
          code: 'auth.proof_required',
          challenge: `DPoP error="invalid_token", ${ALGS}`,
        });
      }
    }
    expect(app.refusals).toHaveLength(4);
    expect(app.refusals[0]).toMatchObject({
      code: 'auth.proof_required',
      route: { id: 'things.look' },
      caller: { clientId: 'shop' },
    });
    expect(app.strangers).toEqual([]);
  });

  test('of another kind (a certificate) is refused either way', async () => {
    const bound = await keys.sign({ cnf: { 'x5t#S256': 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2' } });
    for (const scheme of ['Bearer', 'DPoP']) {
      expect((await ask(`${scheme} ${bound}`, await prove(key, bound))).code).toBe('auth.proof_required');
    }
  });

  test('opens nothing with a proof by another key, for another token, another URL or another method', async () => {
    const other = await ClientKey.make();
    const second = await keys.bind(key.thumbprint, { jti: 'second' });
    const wrong: [string, string][] = [
      [await prove(other), 'auth.proof_required'],
      [await prove(key, second), 'auth.proof_invalid'],
      [await prove(key, token, '/v1/things/b'), 'auth.proof_invalid'],
      [await key.prove({ token, method: 'DELETE' }), 'auth.proof_invalid'],
    ];
    for (const [proof, code] of wrong) {
      expect(await ask(`DPoP ${token}`, proof)).toMatchObject({ status: 401, code });
    }
    expect(app.refusals.map(({ code }) => code)).toEqual(wrong.map(([, code]) => code));
  });

  test('counts for the public URL, whatever the request calls the host', async () => {
    const proof = await key.prove({ token }, { htu: `${app.base}/v1/things/a` });
    expect((await ask(`DPoP ${token}`, proof)).code).toBe('auth.proof_invalid');
  });

  test('with two proofs is refused, and neither is used up', async () => {
    const both = [await prove(), await prove()];
    const status = await new Promise((resolve, reject) => {
      const headers = { authorization: `DPoP ${token}`, dpop: both };
      send(`${app.base}/v1/things/a`, { headers }, (answer) => resolve(answer.resume().statusCode))
        .on('error', reject)
        .end();
    });
    expect(status).toBe(401);
    for (const proof of both) expect((await ask(`DPoP ${token}`, proof)).status).toBe(200);
  });
});

describe('a token that is bound to none', () => {
  test('is refused under the scheme DPoP, and stays good as a bearer token', async () => {
    const plain = await keys.sign();
    expect(await ask(`DPoP ${plain}`, await prove(key, plain))).toEqual({
      status: 401,
      code: 'auth.proof_required',
      challenge: `DPoP error="invalid_token", ${ALGS}`,
    });
    expect((await ask(`Bearer ${plain}`)).status).toBe(200);
  });

  test('and a bad one under the scheme DPoP is nobody’s', async () => {
    expect(await ask(`DPoP ${token.slice(0, -4)}AAAA`, await prove())).toEqual({
      status: 401,
      code: 'auth.required',
      challenge: `DPoP error="invalid_token", ${ALGS}`,
    });
    expect([app.refusals, app.strangers]).toEqual([[], ['things.look auth.required']]);
  });
});

describe('a proof is good once', () => {
  test('at all replicas together', async () => {
    const proof = await prove();
    expect((await ask(`DPoP ${token}`, proof, undefined, replicas[0])).status).toBe(200);
    for (const replica of replicas) {
      expect((await ask(`DPoP ${token}`, proof, undefined, replica)).code).toBe('auth.proof_invalid');
    }
  });

  test('of a hundred at the same time one succeeds', async () => {
    const proof = await prove();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, n) => ask(`DPoP ${token}`, proof, undefined, replicas[n % 2])),
    );
    const codes = answers.map(({ status, code }) => code ?? status);
    expect(codes.filter((code) => code === 200)).toHaveLength(1);
    expect(codes.filter((code) => code === 'auth.proof_invalid')).toHaveLength(99);
  });

  test('and is forgotten only when it has been too old for an hour', async () => {
    const [source] = sources as [Source];
    const unitOfWork = new UnitOfWork(source);
    const proofs = new SpentProofs(unitOfWork);
    const count = async () => (await source.query<unknown[]>('SELECT FROM dpop_spent')).length;
    await source.query('TRUNCATE dpop_spent');
    const hour = 3_600_000;
    await proofs.spend(Buffer.alloc(32, 1), new Date(Date.now() - hour - 60_000));
    await proofs.spend(Buffer.alloc(32, 2), new Date(Date.now() - hour + 60_000));
    await unitOfWork.single((tx) => proofs.deleteExpired(tx));
    expect(await count()).toBe(1);
    expect(await proofs.spend(Buffer.alloc(32, 2), new Date())).toBe(false);
  });

  test('nothing is opened while the database is away', async () => {
    await sources[0]?.query('ALTER TABLE dpop_spent RENAME TO dpop_away');
    try {
      expect(await ask(`DPoP ${token}`, await prove())).toMatchObject({
        status: 503,
        code: 'auth.unavailable',
      });
    } finally {
      await sources[0]?.query('ALTER TABLE dpop_away RENAME TO dpop_spent');
    }
  });
});

describe('a client that is registered to prove its key', () => {
  test('is refused with a token alone, on record', async () => {
    expect(await ask(`Bearer ${await keys.sign(COURIER)}`)).toEqual({
      status: 401,
      code: 'auth.proof_required',
      challenge: `DPoP error="invalid_token", ${ALGS}`,
    });
    expect(app.refusals).toMatchObject([{ code: 'auth.proof_required', caller: { clientId: 'courier' } }]);
  });

  test('gets in with a proof', async () => {
    const bound = await keys.bind(key.thumbprint, COURIER);
    expect((await ask(`DPoP ${bound}`, await prove(key, bound))).status).toBe(200);
  });

  test('is not locked out by who has its token and not its key', async () => {
    const settings = { LIMITS_CLIENT: 'read=3', LIMITS_ADDRESS: 'refused=5' };
    const limits = new Limits({
      table: limitTable(parseConfig(z.object(limitSettings), settings)),
      shared: postgresCounts(sources[0] as Source),
      key: Buffer.alloc(32, 3),
      onAway: () => undefined,
    });
    const limited = await startTestApp(limits, { keys });
    try {
      const plain = await keys.sign(COURIER);
      const stolen = await keys.bind(key.thumbprint, COURIER);
      const thief = async () => [
        (await ask(`Bearer ${plain}`, undefined, undefined, limited)).status,
        (await ask(`Bearer ${stolen}`, undefined, undefined, limited)).status,
      ];
      expect([await thief(), await thief(), await thief()]).toEqual([
        [401, 401],
        [401, 401],
        [401, 429],
      ]);
      const good = await ask(`DPoP ${stolen}`, await prove(key, stolen), undefined, limited);
      expect(good.status).toBe(200);
    } finally {
      await limited.close();
    }
  });
});

describe('a route that wants a proof', () => {
  test('wants it of every client, whoever it is', async () => {
    expect(await ask(`Bearer ${await keys.sign()}`, undefined, keyed.path)).toEqual({
      status: 401,
      code: 'auth.proof_required',
      challenge: `DPoP error="invalid_token", ${ALGS}`,
    });
    expect(app.refusals).toMatchObject([{ route: { id: 'things.keyed' }, caller: { clientId: 'shop' } }]);
    expect((await ask(`DPoP ${token}`, await prove(key, token, keyed.path), keyed.path)).status).toBe(200);
  });

  test('lets staff in as before', async () => {
    const answer = await fetch(app.base + keyed.path, { headers: { cookie: 'session=olivia' } });
    expect(answer.status).toBe(200);
  });

  test('says so in the document', async () => {
    const document = (await (await fetch(`${app.base}/openapi.json`)).json()) as {
      paths: Record<string, { get: { security: unknown } }>;
    };
    expect(document.paths[keyed.path]?.get.security).toEqual([{ boundToken: [] }, { session: [] }]);
    expect(document.paths['/v1/fail/{how}']?.get.security).toEqual([{ token: [] }, { boundToken: [] }]);
  });
});
