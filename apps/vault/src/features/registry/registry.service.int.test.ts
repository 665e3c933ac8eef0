import { AuditLog } from '@integument/audit-log';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ISSUER, TestVault } from '../../vault.fixture.js';
import { clientDirectory } from './client-directory.js';
import { ClientsStore } from './clients.store.js';
import { RegistryService } from './registry.service.js';
import { RegistryStore } from './registry.store.js';
import { type RegistryFile, registryFile } from './registry-file.js';

let vault: TestVault;
let registry: RegistryService;
const store = new RegistryStore();
beforeAll(async () => {
  vault = await TestVault.open();
  registry = new RegistryService(store, new ClientsStore(), vault.names, new AuditLog(), ISSUER);
});
afterAll(() => vault.close());

const SHOP = { id: 'shop', use: 'identity', revealPurposes: ['delivery'] } as const;
/** As a start of the vault does with its file. */
const start = (...clients: unknown[]) =>
  vault.unitOfWork.run((tx) => registry.apply(tx, { clients, staff: [] } as unknown as RegistryFile));
const registered = async (use: 'identity' | 'health') =>
  (
    await vault.query<{ client_id: string }>('SELECT client_id FROM client WHERE use = $1 AND NOT removed', [
      use,
    ])
  ).map(({ client_id }) => client_id);
/** What the data plane is told. */
const lookedUp = async (credential: string) =>
  (await vault.unitOfWork.single((tx) => registry.lookUp(tx, credential))).client;
/** What the last start wrote down. */
const written = async () =>
  (await vault.entries()).filter(({ action }) => action === 'registry.apply').map(({ details }) => details);

describe('the registry', () => {
  it('knows the clients of the last file, and no other', async () => {
    await start(SHOP, { id: 'app', use: 'health', purposes: ['ingest'] });
    expect([await registered('identity'), await registered('health')]).toEqual([['shop'], ['app']]);
    await start(SHOP);
    expect([await registered('identity'), await registered('health')]).toEqual([['shop'], []]);
    expect([await lookedUp('app'), (await lookedUp('shop'))?.use]).toEqual([null, 'identity']);
  });

  it('takes a client back for what it was for, and never for the other use', async () => {
    await start(SHOP);
    const health = { id: 'shop', use: 'health', purposes: ['ingest'] };
    await expect(start(health)).rejects.toThrow('from identity to health');
    await start();
    expect(await registered('identity')).toEqual([]);
    await expect(start(health)).rejects.toThrow('from identity to health');
    await start(SHOP);
    expect(await registered('identity')).toEqual(['shop']);
  });
});

describe('the credentials of a client of the file', () => {
  it('are its own id where none are named, and otherwise those and no other', async () => {
    const known = (...ids: string[]) =>
      Promise.all(ids.map(async (id) => (await lookedUp(id))?.client ?? null));
    await start(SHOP);
    expect(await known('shop', 'shop-2')).toEqual(['shop', null]);
    await start({ ...SHOP, credentials: ['shop-2', 'shop-3', 'shop-2'] });
    expect(await known('shop', 'shop-2', 'shop-3')).toEqual([null, 'shop', 'shop']);
    await start(SHOP);
    expect(await known('shop', 'shop-2', 'shop-3')).toEqual(['shop', null, null]);
  });

  it('are never another’s, not even once they are named no more', async () => {
    const lab = { id: 'lab', use: 'health', purposes: [], credentials: ['shop-2'] };
    await expect(start(SHOP, lab)).rejects.toThrow('the credential of another one');
    const pair = (one: string, other: string) =>
      start(
        { id: 'one', use: 'health', purposes: [], credentials: [one] },
        { id: 'other', use: 'health', purposes: [], credentials: [other] },
      );
    await expect(pair('same', 'same')).rejects.toThrow('the credential of another one');
    await pair('same', 'different');
    await expect(pair('different', 'same')).rejects.toThrow('the credential of another one');
  });
});

describe('the entry of a start', () => {
  const STAFF = (name: string, ...roles: string[]) => ({ subject: name, roles });
  const digest = (subject: string) => vault.names.of(ISSUER, subject).toString('hex');
  const none = { added: [], changed: [], removed: [] };
  const declare = (clients: unknown[], staff: unknown[]) =>
    vault.unitOfWork.run((tx) => registry.apply(tx, { clients, staff } as unknown as RegistryFile));

  it('says which clients and which staff it added, changed and removed', async () => {
    await declare([SHOP, { ...SHOP, id: 'a' }], [STAFF('ada', 'admin'), STAFF('bea', 'support')]);
    const next = [
      { ...SHOP, revealPurposes: [] },
      { ...SHOP, id: 'b' },
    ];
    await declare(next, [STAFF('ada', 'auditor'), STAFF('cleo', 'support')]);
    expect((await written()).at(-1)).toEqual({
      clients: { added: ['b'], changed: ['shop'], removed: ['a'] },
      staff: { added: [digest('cleo')], changed: [digest('ada')], removed: [digest('bea')] },
    });
    await declare(next, [STAFF('ada', 'auditor'), STAFF('cleo', 'support')]);
    expect((await written()).at(-1)).toEqual({ clients: none, staff: none });
    await declare([next[0], { ...next[1], credentials: ['b', 'b-2'] }], []);
    expect((await written()).at(-1)).toMatchObject({ clients: { changed: ['b'] }, staff: { changed: [] } });
  });

  it('is as many as it takes to name all', async () => {
    await declare([], []);
    const before = (await written()).length;
    const names = Array.from({ length: 130 }, (_, at) => `member-${at}`);
    await declare(
      Array.from({ length: 130 }, (_, at) => ({ ...SHOP, id: `${'x'.repeat(58)}-${at}` })),
      names.map((name) => STAFF(name, 'support')),
    );
    const entries = (await written()).slice(before) as { staff: { added: string[] } }[];
    expect(entries).toHaveLength(3);
    expect(entries.flatMap(({ staff }) => staff.added).sort()).toEqual(names.map(digest).sort());
    await declare([], []);
  });
});

describe('staff of the file', () => {
  it('look after people of the regions that the last file says', async () => {
    const applied = async (...staff: object[]) => {
      const file = registryFile.parse({ clients: [], staff });
      await vault.unitOfWork.run((tx) => registry.apply(tx, file));
      return vault.query<{ regions: string[] }>(`SELECT regions FROM staff WHERE origin = 'file'`);
    };
    const sam = { subject: 'sam', roles: ['support'] };
    expect(await applied({ ...sam, regions: ['US-CA', 'DE', 'DE'] })).toEqual([{ regions: ['DE', 'US-CA'] }]);
    expect(await applied(sam)).toEqual([{ regions: [] }]);
    expect(registryFile.safeParse({ clients: [], staff: [{ ...sam, regions: ['UK'] }] }).success).toBe(false);
    await applied();
  });
});

describe('a client with a key', () => {
  const clients = (...dpop: (boolean | undefined)[]) =>
    start(...dpop.map((key, at) => ({ id: `lab-${at}`, use: 'health', purposes: [], dpop: key })));
  const known = async (id: string) => (await lookedUp(id))?.dpop;

  it('is known by it to the data plane, until the file says otherwise', async () => {
    await clients(true, false, undefined);
    expect(await Promise.all(['lab-0', 'lab-1', 'lab-2'].map(known))).toEqual([true, false, false]);
    await clients(undefined, true);
    expect(await Promise.all(['lab-0', 'lab-1'].map(known))).toEqual([false, true]);
  });

  it('is a caller who must prove it', async () => {
    await start({ ...SHOP, dpop: true }, { ...SHOP, id: 'plain' });
    const directory = clientDirectory(new ClientsStore(), vault.unitOfWork);
    const of = async (id: string) => (await directory.hold(id)).found?.dpop;
    expect([await of('shop'), await of('plain')]).toEqual([true, false]);
  });
});

describe('the staff of the file', () => {
  const declare = (...staff: { subject: string; roles: string[] }[]) =>
    vault.unitOfWork.run((tx) => registry.apply(tx, { clients: [], staff } as unknown as RegistryFile));
  const known = async () => {
    const rows = await vault.query<{ account: Buffer; roles: string[]; origin: string }>(
      'SELECT account, roles, origin FROM staff',
    );
    return Object.fromEntries(
      rows.map(({ account, roles, origin }) => [account.toString('hex'), [origin, ...roles]]),
    );
  };
  const accountOf = (subject: string) => vault.names.of(ISSUER, subject).toString('hex');
  const byConsole = (subject: string, ...roles: string[]) =>
    vault.query(`INSERT INTO staff (account, roles, origin) VALUES ($1, $2, 'console')`, [
      vault.names.of(ISSUER, subject),
      roles,
    ]);

  it('are replaced by the next file; whom the console appointed stays', async () => {
    await byConsole('cora', 'support');
    await declare({ subject: 'ada', roles: ['admin'] }, { subject: 'bea', roles: ['auditor'] });
    await declare({ subject: 'bea', roles: ['auditor', 'support'] });
    expect(await known()).toEqual({
      [accountOf('cora')]: ['console', 'support'],
      [accountOf('bea')]: ['file', 'auditor', 'support'],
    });
  });

  it('whom the file names is the file’s, whoever appointed them', async () => {
    await byConsole('dora', 'admin');
    await declare({ subject: 'dora', roles: ['support'] });
    expect((await known())[accountOf('dora')]).toEqual(['file', 'support']);
    await declare();
    expect(await known()).not.toHaveProperty(accountOf('dora'));
  });

  it('keep their sessions where the same roles come in another order', async () => {
    await declare({ subject: 'gil', roles: ['support', 'admin'] });
    const gil = await vault.beginSession('gil');
    await declare({ subject: 'gil', roles: ['admin', 'support'] });
    expect(await vault.unitOfWork.run((tx) => vault.sessions.find(tx, gil))).not.toBeNull();
  });

  it('lose their sessions with a role that the file takes away, and keep them where it changes nothing', async () => {
    await declare({ subject: 'eva', roles: ['admin'] }, { subject: 'fay', roles: ['admin'] });
    const begin = (subject: string) => vault.beginSession(subject);
    const [eva, fay] = [await begin('eva'), await begin('fay')];
    await declare({ subject: 'eva', roles: ['support'] }, { subject: 'fay', roles: ['admin'] });
    const find = (secret: string) => vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));
    expect([await find(eva), (await find(fay))?.kind]).toEqual([null, 'staff']);
  });
});
