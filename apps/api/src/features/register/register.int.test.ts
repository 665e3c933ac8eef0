import { createHash } from 'node:crypto';
import type { NoticeHash, NoticeView } from '@integument/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { RegisterController } from './register.controller.js';
import { TEST_REGISTER } from './register.fixture.js';
import { Register } from './register.js';
import { RegisterStore } from './register.store.js';
import type { RegisterFile } from './register-file.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const publish = (file: RegisterFile) => Register.publish(file, new RegisterStore(), api.unitOfWork);
const hashes = (register: Register) =>
  register.declared('ingest').notices.map(({ language, version, hash }) => ({ language, version, hash }));

/** The same with other words for one purpose. */
function withText(text: string): RegisterFile {
  const ingest = { recipients: [], notices: { en: { title: 'Keep readings', text } } };
  return { ...TEST_REGISTER, purposes: { ...TEST_REGISTER.purposes, ingest } };
}

describe('the register', () => {
  it('stays the version it is while nothing changes, whoever starts and however many at once', async () => {
    const starts = await Promise.all(Array.from({ length: 8 }, () => publish(TEST_REGISTER)));
    for (const { version, hash } of starts) expect({ version, hash }).toEqual(pick(api.register));
  });

  it('has a next version of itself and of the notices whose words changed, and of no others', async () => {
    const changed = await publish(withText('Other words.'));
    expect(changed.version).toBe(api.register.version + 1);
    expect(hashes(changed).map(({ version }) => version)).toEqual([2]);
    expect(changed.declared('analytics').notices).toEqual(api.register.declared('analytics').notices);
    // Back to the old words is another change: what people agree to is counted, not compared.
    const back = await publish(TEST_REGISTER);
    expect(hashes(back)[0]?.version).toBe(3);
    expect(hashes(back)[0]?.hash).not.toBe(hashes(api.register)[0]?.hash);
  });

  it('lets nobody agree to words from before, or to those of another purpose', async () => {
    const [old] = hashes(api.register);
    const now = await publish(withText('Newest words.'));
    const refused = expect.objectContaining({
      code: 'consent.notice_not_current',
      status: 422,
    }) as Error;
    expect(() => now.agreed('ingest', old?.hash as never)).toThrow(refused);
    const [other] = now.declared('analytics').notices;
    expect(() => now.agreed('ingest', other?.hash as never)).toThrow(refused);
    expect(now.agreed('ingest', hashes(now)[0]?.hash as never).notice.text).toBe('Newest words.');
  });

  it('offers no purpose that the operator says nothing of', async () => {
    const { analytics, ...purposes } = TEST_REGISTER.purposes;
    const fewer = await publish({ ...TEST_REGISTER, purposes });
    expect(analytics).toBeDefined();
    expect(fewer.document.purposes.map(({ name }) => name)).toEqual([
      'ingest',
      'recommendation',
      'fault-finding',
    ]);
    expect(fewer.offered('analytics')).toBeNull();
  });

  it.each(['register_version', 'notice'])(
    'keeps what was declared: nobody changes or empties %s',
    async (table) => {
      for (const statement of [
        `UPDATE ${table} SET document = ''`,
        `DELETE FROM ${table}`,
        `TRUNCATE ${table}`,
      ]) {
        await expect(api.query(statement)).rejects.toMatchObject({ code: 'IG003' });
      }
    },
  );
});

describe('a notice', () => {
  const withGerman = (text: string): RegisterFile => {
    const notices = {
      en: { title: 'Keep readings', text: 'In both languages.' },
      de: { title: 'Messwerte aufbewahren', text },
    };
    return { ...TEST_REGISTER, purposes: { ingest: { recipients: [], notices } } };
  };
  const read = async (register: Register, hash: NoticeHash) => {
    const routes = new RegisterController(register, new RegisterStore(), api.audit, api.unitOfWork);
    const reply: unknown = await routes.notice({ params: { hash } } as never);
    return JSON.parse(reply as string) as NoticeView;
  };

  it('has a next version in every language where one changed, and stays readable by its hash as it was', async () => {
    const before = (await publish(withGerman('In beiden Sprachen.'))).declared('ingest').notices;
    const now = await publish(withGerman('Mit anderen Worten.'));
    const after = now.declared('ingest').notices;
    const version = (before[0]?.version ?? 0) + 1;
    expect(after.map((one) => [one.language, one.version])).toEqual([
      ['de', version],
      ['en', version],
    ]);
    for (const { hash, language, text } of before) {
      const { document, ...view } = await read(now, hash);
      expect(createHash('sha256').update(document, 'utf8').digest('hex')).toBe(hash);
      expect(view).toMatchObject({ hash, language, text, version: version - 1, isCurrent: false });
    }
    for (const { hash } of after) expect(await read(now, hash)).toMatchObject({ hash, isCurrent: true });
  });

  it('of another hash is none', async () => {
    const unknown = { code: 'register.notice_unknown', status: 404 };
    await expect(read(api.register, 'ab'.repeat(32) as NoticeHash)).rejects.toMatchObject(unknown);
  });
});

function pick({ version, hash }: Register) {
  return { version, hash };
}
