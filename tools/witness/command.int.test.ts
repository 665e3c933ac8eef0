import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateNoteKey, WitnessVerifier } from '../../libs/audit-log/src/core/index.js';
import { witnessCommand } from './command.js';
import { logId } from './state.js';
import { History, newLogKey, requestBody } from './witness.fixture.js';

const log = newLogKey();
const history = History.of('a', 'b', 'c');
let folder: string;
let config: string;
let key: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'witness-command-'));
  config = join(folder, 'witness.json');
  key = join(folder, 'witness.key');
  configure({});
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function configure(changes: object): void {
  const logs = [{ vkeys: [log.verifier.toString()] }];
  const settings = { keyFile: 'witness.key', stateFolder: 'state', port: 0, logs, ...changes };
  writeFileSync(config, JSON.stringify(settings));
}

async function run(...args: string[]) {
  const running = start(...args);
  running.stop();
  return { status: await running.status, out: running.out(), error: running.error() };
}

function start(...args: string[]) {
  let [out, error] = ['', ''];
  let stop = () => {};
  let listening = () => {};
  const heard = new Promise<void>((resolve) => (listening = resolve));
  const status = witnessCommand(args, {
    out: (text) => {
      out += text;
      if (text.includes('listens')) listening();
    },
    error: (text) => {
      error += text;
    },
    clock: () => new Date('2026-01-15T12:00:00Z'),
    stopped: new Promise<void>((resolve) => (stop = resolve)),
  });
  return { status, out: () => out, error: () => error, stop, heard };
}

async function send(printed: string, old: number, size: number) {
  const port = / listens on 127\.0\.0\.1:(\d+)/.exec(printed)?.[1];
  const body = requestBody(old, history.proof(old, size), history.note(size, log));
  const response = await fetch(`http://127.0.0.1:${port}/add-checkpoint`, { method: 'POST', body });
  return { status: response.status, body: await response.text() };
}

const made = async () => {
  await run('keygen', 'witness.example/w1', '--out', key);
  expect(await run('init', '--config', config)).toMatchObject({ status: 0 });
};

describe('integument-witness', () => {
  it('makes a key, prints its public half alone, and never replaces one', async () => {
    const { status, out, error } = await run('keygen', 'witness.example/w1', '--out', key);
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(WitnessVerifier.parse(out.trim()).name).toBe('witness.example/w1');
    const secret = readFileSync(key, 'utf8');
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(out).not.toContain(secret.trim().slice(-20));
    expect(await run('keygen', 'witness.example/w1', '--out', key)).toMatchObject({ status: 1 });
    expect(readFileSync(key, 'utf8')).toBe(secret);
  });

  it('serves what init began, goes on after a restart, and stops when asked', async () => {
    await made();
    const first = start('serve', '--config', config);
    await first.heard;
    expect(await send(first.out(), 0, 2)).toMatchObject({ status: 200 });
    first.stop();
    expect(await first.status).toBe(0);
    const second = start('serve', '--config', config);
    await second.heard;
    expect(await send(second.out(), 0, 3)).toMatchObject({ status: 409, body: '2\n' });
    expect(await send(second.out(), 2, 3)).toMatchObject({ status: 200 });
    second.stop();
    expect(await second.status).toBe(0);
  });

  it('does not serve without its memory, of any log', async () => {
    await run('keygen', 'witness.example/w1', '--out', key);
    expect(await run('serve', '--config', config)).toMatchObject({ status: 1 });
    expect(existsSync(join(folder, 'state'))).toBe(false);
    await run('init', '--config', config);
    rmSync(join(folder, 'state', `${logId(log.name)}.note`));
    const { status, error } = await run('serve', '--config', config);
    expect(status).toBe(1);
    expect(error).toContain('the state of log.example/audit cannot be read');
  });

  it('does not begin again what it has begun', async () => {
    await made();
    const before = readdirSync(join(folder, 'state'));
    expect(await run('init', '--config', config)).toMatchObject({ status: 1 });
    expect(await run('add', log.name, '--config', config)).toMatchObject({ status: 1 });
    expect(readdirSync(join(folder, 'state'))).toEqual(before);
  });

  it('takes a log that comes later by add alone', async () => {
    await made();
    const later = generateNoteKey('later.example/log').vkey;
    configure({ logs: [{ vkeys: [log.verifier.toString()] }, { vkeys: [later] }] });
    expect(await run('serve', '--config', config)).toMatchObject({ status: 1 });
    expect(await run('add', 'unknown.example/log', '--config', config)).toMatchObject({ status: 1 });
    expect(await run('add', 'later.example/log', '--config', config)).toMatchObject({ status: 0 });
    expect(await run('serve', '--config', config)).toMatchObject({ status: 0 });
  });

  it('does not serve beside another one on the same state, and does after that one was killed', async () => {
    await made();
    const first = start('serve', '--config', config);
    await first.heard;
    const { status, error } = await run('serve', '--config', config);
    expect({ status, error }).toMatchObject({
      status: 1,
      error: expect.stringContaining('another witness') as string,
    });
    first.stop();
    await first.status;
    const path = join(folder, 'state', 'deadbeef.sock');
    writeFileSync(join(folder, 'state', 'holder.9'), 'deadbeef.sock');
    const holdAndDie = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', holdAndDie]).signal).toBe('SIGKILL');
    expect(existsSync(path)).toBe(true);
    expect(await run('serve', '--config', config)).toMatchObject({ status: 0 });
  });

  it('wants a key file that nobody else can read', async () => {
    await made();
    chmodSync(key, 0o644);
    expect((await run('serve', '--config', config)).error).toContain('others may read the key file');
  });

  it.each([
    ['no logs', { logs: [] }],
    ['a log without keys', { logs: [{ vkeys: [] }] }],
    ['keys of two logs as one', { logs: [{ vkeys: ['a', 'b'].map((name) => generateNoteKey(name).vkey) }] }],
    ['one log twice', { logs: [1, 2].map(() => ({ vkeys: [generateNoteKey('a').vkey] })) }],
    ['a damaged key', { logs: [{ vkeys: [log.verifier.toString().slice(0, -1)] }] }],
    ['an unknown setting', { quorum: 1 }],
    ['no port', { port: undefined }],
  ])('does not start with %s', async (_, changes) => {
    await made();
    configure(changes);
    const { status, error } = await run('serve', '--config', config);
    expect(status).toBe(1);
    expect(error).toContain('these settings are wrong');
  });

  it.each([
    [[]],
    [['serve']],
    [['keygen', 'witness.example/w1']],
    [['keygen', 'two words', '--out', 'x']],
    [['init', 'more', '--config', 'x']],
    [['serve', '--config', 'x', '--fast']],
    [['destroy', '--config', 'x']],
  ])('says how it is used when called with %j', async (args) => {
    const { status, error } = await run(...args);
    expect(status).toBe(2);
    expect(error).toMatch(/^Usage: integument-witness/);
  });
});
