import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { revealTokens } from '@integument/contracts';
import { expect, it, onTestFinished } from 'vitest';
import { Interruption } from '../interruption.js';
import { QUIET } from '../progress.js';
import { refusedColumns } from '../rows/refused.js';
import { RowFile } from '../rows/row-file.js';
import { Source } from '../rows/source.js';
import { Refusal, type Vault } from '../vault-client.js';
import { Exporter } from './exporter.js';

const broken = (code: string) => new Refusal('people.reveal', 500, { code, status: 500 } as never);

/** What it knows of some people doesn't open, and some tokens don't. */
function vaultWith(failure: Refusal): Vault {
  const value = (token: string) =>
    token === 'tok_bad' ? { code: 'tokens.broken' } : { field: 'email', value: `of ${token}` };
  const call = (route: unknown, { params = {}, body = '' }: { params?: object; body?: string }) => {
    if (route === revealTokens) {
      const { tokens } = JSON.parse(body) as { tokens: string[] };
      return Promise.resolve({ results: tokens.map(value) });
    }
    if ('person' in params && params.person === 'cps_bad') return Promise.reject(failure);
    return Promise.resolve({ fields: { given_name: 'Ada' }, region: null });
  };
  return { call } as never;
}

async function exported(failure: Refusal): Promise<{ lines: number; refused: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'integument-exporter-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [file, left] = [join(folder, 'in.csv'), join(folder, 'left.csv')];
  writeFileSync(file, 'who,mail\ncps_a,tok_a\ncps_bad,tok_b\ncps_c,tok_bad\ncps_d,tok_d\n');
  const source = await Source.open(file, 'csv', ',');
  const refused = await RowFile.open(left, 'csv', refusedColumns(source.columns ?? []), 0);
  const wish = {
    ...{ person: 'who', fields: ['given_name'], tokens: new Map([['mail', {}]]) },
    reveal: { purpose: 'delivery', reason: { code: 'order', reference: 'ORDER-7' } },
  } as never;
  const tools = { vault: vaultWith(failure), progress: QUIET, interruption: new Interruption() };
  const exporter = new Exporter(wish, source, refused, tools);
  let lines = 0;
  try {
    for await (const line of exporter.lines(4)) lines += Number(line.length > 0);
  } finally {
    await refused.close();
    await source.close();
  }
  return { lines, refused: readFileSync(left, 'utf8') };
}

it('an export names the rows of what does not open, and goes on', async () => {
  const { lines, refused } = await exported(broken('people.broken'));
  expect(lines).toBe(2);
  expect(refused.split('\n').slice(1, 3)).toEqual([
    '3,people.broken,who,cps_bad,tok_b',
    '4,tokens.broken,mail,cps_c,tok_bad',
  ]);
});

it('an export stops where it is not one row that is wrong', async () => {
  await expect(exported(broken('server.error'))).rejects.toThrow(
    'people.reveal was answered with status 500',
  );
});
