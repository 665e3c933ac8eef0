import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { staff } from '@integument/authz';
import type { RegisterFormat } from '@integument/contracts';
import { canonicalJson } from '@integument/crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestApi } from '../../api.fixture.js';
import { RegisterController } from './register.controller.js';
import { TEST_REGISTER } from './register.fixture.js';
import { Register } from './register.js';
import { RegisterStore } from './register.store.js';

const officer = {
  caller: staff({ id: 'ssn-officer', session: 'ssn-officer', roles: ['privacy-officer'] }),
  requestId: 'req-officer',
};
const store = new RegisterStore();

let api: TestApi;
let now: Register;
beforeAll(async () => {
  api = await TestApi.open();
  const controller = { ...TEST_REGISTER.controller, name: 'Other Skin' };
  now = await Register.publish({ ...TEST_REGISTER, controller }, store, api.unitOfWork);
});
afterAll(() => api.close());

async function read(format: RegisterFormat, version?: number): Promise<string> {
  const routes = new RegisterController(now, store, api.audit, api.unitOfWork);
  const asked = { query: { format, ...(version !== undefined && { version }) } };
  const reply = await routes.read(officer, asked as never);
  return text(reply.body.getStream());
}

interface Read {
  readonly version: number;
  readonly hash: string;
  readonly controller: { readonly name: string };
}

it.each([
  ['as it is', undefined, 2, 'Other Skin'],
  ['by its own number', 2, 2, 'Other Skin'],
  ['as it was before', 1, 1, 'Test Skin'],
])('the register is read %s, with the hash that receipts name', async (_, asked, version, name) => {
  const { hash, version: said, ...document } = JSON.parse(await read('json', asked)) as Read;
  expect([said, document.controller.name]).toEqual([version, name]);
  expect(hash).toBe(version === 1 ? api.register.hash : now.hash);
  expect(
    createHash('sha256')
      .update(canonicalJson(document as never), 'utf8')
      .digest('hex'),
  ).toBe(hash);
  const page = await read('html', asked);
  expect(page).toContain(`${version}, SHA-256 ${hash}`);
  expect(page.includes('Version 2 is in force')).toBe(version === 1);
  const entry = (format: RegisterFormat) => ({
    action: 'register.read',
    outcome: 'done',
    requestId: 'req-officer',
    details: { version, format },
  });
  expect((await api.entries()).slice(-2)).toMatchObject([entry('json'), entry('html')]);
});

it('a version that never was is none, and nobody has read it', async () => {
  const before = await api.entries();
  await expect(read('json', 3)).rejects.toMatchObject({ code: 'register.version_unknown', status: 404 });
  expect(await api.entries()).toEqual(before);
});
