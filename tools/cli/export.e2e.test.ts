import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { platform } from '@integument/testing';
import { Decrypter, generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, ended } from './cli.fixture.js';

const info = platform();
const cli = new CommandLine(info);
const folder = mkdtempSync(join(tmpdir(), 'integument-export-'));
const why = ['--purpose', 'delivery', '--reason', 'order:ORDER-7'];
const some = (text: string) => expect.stringContaining(text) as unknown;
let identity: string;
let recipient: string;
beforeAll(async () => {
  identity = await generateIdentity();
  recipient = await identityToRecipient(identity);
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function opened(path: string, key: string): Promise<unknown[]> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(key);
  const text = await decrypter.decrypt(readFileSync(path), 'text');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}

describe('an export', () => {
  const name = randomBytes(5).toString('hex');
  const count = 600;
  let kept = '';
  let sealed = '';
  beforeAll(async () => {
    const lines = Array.from(
      { length: count },
      (_, n) => `${n},${name}-${n}@example.org,London,GB,+4420794${10_000 + n},GB`,
    );
    const path = file(`${name}.csv`, `no,mail,city,country,tel,lives\n${lines.join('\n')}\n`);
    const people = await cli.run(
      ...['import', 'people', path, '--map', 'email=mail', '--map', 'postal_address.locality=city'],
      ...[
        '--map',
        'postal_address.country=country',
        '--map',
        'postal_address.line1=city',
        '--map',
        'region=lives',
      ],
    );
    expect(people).toMatchObject({ status: 0 });
    const tokens = await cli.run('import', 'tokens', `${path}.kept.csv`, '--column', 'tel=field:phone');
    expect(tokens).toMatchObject({ status: 0 });
    kept = `${path}.kept.csv.kept.csv`;
    sealed = join(folder, 'out.age');
  });

  it('has everything again for whom it is, and nothing for anybody else', async () => {
    const ran = await cli.run(
      ...['export', kept, '--to', recipient, '--out', sealed, '--person', 'person', '--token', 'tel', ...why],
    );
    expect(ran).toMatchObject({
      status: 0,
      out: `${count} rows, ${count} encrypted: ${sealed}, none refused\n`,
    });
    const rows = await opened(sealed, identity);
    expect(rows).toHaveLength(count);
    expect(rows[507]).toEqual({
      person: expect.stringMatching(/^cps_/) as unknown,
      no: '507',
      tel: '+442079410507',
      email: `${name}-507@example.org`,
      postal_address: { lines: ['London'], locality: 'London', country: 'GB' },
      region: 'GB',
    });
    expect(statSync(sealed).mode & 0o777).toBe(0o600);
    await expect(opened(sealed, await generateIdentity())).rejects.toThrow();
    for (const path of readdirSync(folder).filter((one) => /age|not-exported/.test(one))) {
      expect(readFileSync(join(folder, path), 'latin1')).not.toContain(name);
    }
  });

  it('is what an import takes', async () => {
    const rows = (await opened(sealed, identity)).slice(0, 20);
    const path = file('again.ndjson', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const ran = await cli.run(
      ...['import', 'people', path, '--map', 'email=email', '--map', 'postal_address=postal_address'],
      ...['--map', 'region=region', '--person-column', 'new_person'],
    );
    expect(ran).toMatchObject({ status: 0, out: some('20 rows, 20 kept') });
  });

  it('says which rows it has not, and goes on', async () => {
    const nobody = 'cps_00000000000000000000000000000000';
    const [header = '', row = ''] = readFileSync(kept, 'utf8').split('\n');
    const path = file('some.csv', `${header}\n${row}\n${nobody},7,\n,8,tok_wrong\n`);
    const out = join(folder, 'some.age');
    const ran = await cli.run(
      ...['export', path, '--to', recipient, '--out', out, '--person', 'person', '--token', 'tel', ...why],
    );
    expect(ran.status).toBe(1);
    expect(await opened(out, identity)).toHaveLength(1);
    expect(readFileSync(`${path}.not-exported.csv`, 'utf8').split('\n').slice(1, 3)).toEqual([
      some('3,request.unknown_id,person,cps_0'),
      some('4,tokens.malformed,tel,,8,tok_wrong'),
    ]);
  });

  it('has the values of tokens that look like them, by field and domain', async () => {
    const cards = ['4111111111111111', '5500005555555559'];
    const lines = cards.map((card, n) => `${card},+44207946001${n}`);
    const path = file('formats.csv', `card,line\n${lines.join('\n')}\n`);
    const wishes = [
      'card=field:card,type:format-preserving',
      'line=field:terminal_phone,type:format-preserving',
    ];
    const made = await cli.run(
      ...['import', 'tokens', path, ...wishes.flatMap((wish) => ['--column', `${wish},domain:orders`])],
    );
    expect(made).toMatchObject({ status: 0 });
    const kept = readFileSync(`${path}.kept.csv`, 'utf8').split('\n').slice(1, -1);
    expect(kept.filter((line) => lines.includes(line) || !/^\d{16},\+44\d{10}$/.test(line))).toEqual([]);
    const out = join(folder, 'formats.age');
    const ran = await cli.run(
      ...['export', `${path}.kept.csv`, '--to', recipient, '--out', out, ...why],
      ...['--token', 'card=field:card,domain:orders', '--token', 'line=field:terminal_phone,domain:orders'],
    );
    expect(ran).toMatchObject({ status: 0, error: '' });
    expect(await opened(out, identity)).toEqual(cards.map((card, n) => ({ card, line: `+44207946001${n}` })));
  });

  it('leaves no file where it may not, or is asked wrongly', async () => {
    const out = join(folder, 'none.age');
    const args = ['export', kept, '--person', 'person', '--out', out, '--reason', 'order:ORDER-7'];
    const other = await cli.run(...args, '--to', recipient, '--purpose', 'safety-notice');
    expect([other.status, other.error]).toEqual([3, some('reveals nothing for that purpose')]);
    for (const to of [[], ['--to', 'age1canary'], ['--to', 'canary']]) {
      const ran = await cli.run(...args, ...to, '--purpose', 'delivery');
      expect([ran.status, ran.error]).toEqual([2, expect.not.stringContaining('canary') as unknown]);
    }
    expect([out, `${kept}.not-exported.csv`].map((path) => existsSync(path))).toEqual([false, false]);
    expect(readdirSync(folder).filter((one) => one.endsWith('.part'))).toEqual([]);
    const same = await cli.run(...args, '--to', recipient, '--purpose', 'delivery', '--refused', out);
    expect([same.status, same.error]).toEqual([2, some('two files at once')]);
  });

  it('begins anew after a kill', async () => {
    const out = join(folder, 'killed.age');
    const args = ['export', kept, '--to', recipient, '--out', out, '--person', 'person', ...why];
    const child = cli.start(...args);
    const end = ended(child);
    while (
      !readdirSync(folder).some((one) => one.startsWith(`${basename(kept)}.not-exported`)) &&
      child.exitCode === null
    )
      await sleep(2);
    child.kill('SIGKILL');
    expect((await end).status).toBeNull();
    expect(await cli.run(...args)).toMatchObject({ status: 0, out: some(`${count} encrypted`) });
    expect(await opened(out, identity)).toHaveLength(count);
  });
});
