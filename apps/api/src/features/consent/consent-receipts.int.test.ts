import { createHash } from 'node:crypto';
import type { PurposeName } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_REGISTER, TestApi } from '../../api.fixture.js';
import { type Gate, type PermitKeys, PermitsStore } from '../permits/index.js';
import { Register, RegisterStore } from '../register/index.js';
import { ConsentStore } from './consent.store.js';
import { type Changed, ConsentReceipts } from './consent-receipts.js';

const NOW = new Date('2026-05-06T07:08:09.123Z');
const KEY = Buffer.alloc(32, 3);
const keys = { find: () => Promise.resolve(KEY) } as unknown as PermitKeys;
const store = new ConsentStore();
const gates = new PermitsStore();

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const receiptsOf = (register = api.register, unitOfWork = api.unitOfWork) =>
  new ConsentReceipts(register, api.signer, keys, store, unitOfWork, api.logger, () => NOW);

/** A permit whose consent is given, and taken back where it says so. */
async function permit(kind: 'given' | 'withdrawn', purpose: PurposeName = 'ingest') {
  const { gate: id } = await api.openGate(purpose);
  const notice = kind === 'given' ? createHash('sha256').update('words').digest() : null;
  const event = { kind, notice, channel: 'web' } as const;
  const number = await api.unitOfWork.run((tx) => store.append(tx, { gate: id, epoch: 1, ...event }));
  const [gate] = await api.unitOfWork.single((tx) => gates.findMany(tx, [id]));
  return { gate: gate as Gate, changed: { number, ...event } satisfies Changed };
}

interface Receipt {
  readonly 'dct:created': string;
  readonly 'integument:register'?: object;
  readonly 'dpv:hasRecordOfActivity': {
    readonly 'dpv:hasConsentStatus': Record<string, string>;
    readonly 'dpv:hasProcess': {
      readonly 'dpv:hasRecipient'?: object[];
      readonly 'dpv:hasStorageCondition': { '@type': string }[];
    };
  };
}
const contentOf = (receipt: string | null | undefined) =>
  JSON.parse(Buffer.from(receipt?.split('.')[1] ?? '', 'base64url').toString('utf8')) as Receipt;
const processOf = (receipt: string | null | undefined) => {
  const process = contentOf(receipt)['dpv:hasRecordOfActivity']['dpv:hasProcess'];
  const stored = process['dpv:hasStorageCondition'].map((one) => one['@type']);
  return { recipients: process['dpv:hasRecipient'], stored };
};
const copiesOf = ({ gate_id }: Gate) =>
  api.query('SELECT number FROM consent_receipt WHERE gate_id = $1', [gate_id]);

describe('an event of a consent', () => {
  it.each([
    `UPDATE consent_event SET kind = 'refused'`,
    'DELETE FROM consent_event',
    'TRUNCATE consent_event CASCADE',
  ])('stays as it was appended: %s is refused', async (statement) => {
    const { gate } = await permit('given');
    const kept = () => api.query('SELECT * FROM consent_event WHERE gate_id = $1', [gate.gate_id]);
    const before = await kept();
    expect(before).toHaveLength(1);
    await expect(api.query(statement)).rejects.toMatchObject({ code: 'IG003' });
    expect(await kept()).toEqual(before);
  });
});

describe('the copy of a receipt', () => {
  it('is kept under the permit’s key', async () => {
    const { gate, changed } = await permit('given');
    await receiptsOf().issue(gate, changed);
    expect(await copiesOf(gate)).toEqual([{ number: 1 }]);
  });

  it('is not kept where the permit has been erased since', async () => {
    const { gate, changed } = await permit('withdrawn');
    await api.unitOfWork.run((tx) => gates.destroy(tx, gate.gate_id));
    expect(contentOf(await receiptsOf().issue(gate, changed))['dct:created']).toBe(NOW.toISOString());
    expect(await copiesOf(gate)).toEqual([]);
  });

  it('is not kept where an erasure is under way, which it waits for', async () => {
    const { gate, changed } = await permit('withdrawn');
    let issued: Promise<string> | undefined;
    await api.unitOfWork.run(async (tx) => {
      await gates.lock(tx, gate.gate_id);
      await store.eraseReceipts(tx, gate.gate_id);
      issued = receiptsOf().issue(gate, changed);
      await expect.poll(waitingReceipts).toBe(1);
      await gates.destroy(tx, gate.gate_id);
    });
    await issued;
    expect(await copiesOf(gate)).toEqual([]);
  });

  it('that can’t be kept is missing, and what happened is answered all the same', async () => {
    const { gate, changed } = await permit('withdrawn');
    const away = { createQueryRunner: () => ({ connect: lost, release: () => Promise.resolve() }) };
    const receipt = await receiptsOf(api.register, new UnitOfWork(away as never)).issue(gate, changed);
    expect(contentOf(receipt)['dct:created']).toBe(NOW.toISOString());
    expect(await copiesOf(gate)).toEqual([]);
    expect(api.logged).toEqual(['the copy of a receipt was not kept']);
  });
});

const lost = () => Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }));

async function waitingReceipts(): Promise<number> {
  const rows = await api.query(
    `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()
       AND query LIKE '%INTO consent_receipt%'`,
  );
  return rows.length;
}

describe('a receipt of what was imported', () => {
  async function imported() {
    const { gate } = await api.openGate('ingest');
    await api.query(
      `INSERT INTO consent_event (gate_id, number, epoch, kind, notice, channel, on_day)
       VALUES ($1, 1, 1, 'given', sha256('words'), 'import', '2025-01-02')`,
      [gate],
    );
    await api.query(`UPDATE permit_gate SET ends_on = '2026-12-24' WHERE gate_id = $1`, [gate]);
    return gate;
  }
  async function firstOf(id: Buffer) {
    const [gate] = await api.unitOfWork.single((tx) => gates.findMany(tx, [id]));
    const rows = await api.unitOfWork.single((tx) => store.findAll(tx, id));
    return (await receiptsOf().read(gate as Gate, rows))[0];
  }

  it('says when it was made, the day of the consent, and until when the gate is open', async () => {
    const content = contentOf(await firstOf(await imported()));
    expect(content['dct:created']).toBe(NOW.toISOString());
    expect(content['dpv:hasRecordOfActivity']['dpv:hasConsentStatus']).toMatchObject({
      'dct:date': '2025-01-02',
      'dct:valid': '2026-12-24',
    });
  });

  it('says nothing of who got the data, where it lay, or under which register', async () => {
    const receipt = await firstOf(await imported());
    expect(contentOf(receipt)).not.toHaveProperty('integument:register');
    expect(processOf(receipt)).toEqual({
      recipients: undefined,
      stored: ['dpv:StorageDuration', 'dpv:StorageDeletion'],
    });
  });

  it('is good for no time that something later has changed', async () => {
    const gate = await imported();
    const notice = createHash('sha256').update('words').digest();
    await api.unitOfWork.run((tx) =>
      store.append(tx, { gate, epoch: 1, kind: 'renewed', notice, channel: 'web' }),
    );
    const status = contentOf(await firstOf(gate))['dpv:hasRecordOfActivity']['dpv:hasConsentStatus'];
    expect(status).not.toHaveProperty('dct:valid');
  });

  it('is not made any more where the permit is being erased', async () => {
    const id = await imported();
    const [gate] = await api.unitOfWork.single((tx) => gates.findMany(tx, [id]));
    const rows = await api.unitOfWork.single((tx) => store.findAll(tx, id));
    await api.unitOfWork.run((tx) => gates.destroy(tx, id));
    expect(await receiptsOf().read(gate as Gate, rows)).toEqual([null]);
    expect(await copiesOf(gate as Gate)).toEqual([]);
  });
});

describe('a receipt of a purpose', () => {
  const stored = ['dpv:StorageLocation', 'dpv:StorageDuration', 'dpv:StorageDeletion'];

  it('that is offered says who gets the data, also where nobody does', async () => {
    const { gate, changed } = await permit('given');
    expect(processOf(await receiptsOf().issue(gate, changed))).toEqual({ recipients: [], stored });
  });

  it('that is no longer offered doesn’t say that nobody gets the data', async () => {
    const { ingest: _, ...purposes } = TEST_REGISTER.purposes;
    const { gate, changed } = await permit('withdrawn');
    const file = { ...TEST_REGISTER, purposes };
    const other = await Register.publish(file, new RegisterStore(), api.unitOfWork);
    const receipt = await receiptsOf(other).issue(gate, changed);
    expect(processOf(receipt)).toEqual({ recipients: undefined, stored: stored.slice(1) });
    expect(contentOf(receipt)['integument:register']).toMatchObject({ version: other.version });
  });
});
