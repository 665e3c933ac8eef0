import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openNote } from '../../libs/audit-log/src/core/index.js';
import { logId, StateLost } from './state.js';
import { History, newLogKey, requestBody, TestWitness } from './witness.fixture.js';

const log = newLogKey();
const history = History.of('a', 'b', 'c', 'd', 'e', 'f', 'g');
const fork = History.of('a', 'b', 'c', 'X', 'e', 'f', 'g');

let witness: TestWitness;
beforeEach(async () => {
  witness = await TestWitness.begin([log.verifier]);
  await witness.listen();
});
afterEach(() => witness.end());

async function post(body: string | Uint8Array, path = '/add-checkpoint') {
  const response = await fetch(witness.url + path, { method: 'POST', body });
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: await response.text() };
}
const send = (old: number, of: History, size: number, signer = log) =>
  post(requestBody(old, of.proof(old, size), of.note(size, signer)));
const evidence = () => {
  const folder = join(witness.folder, 'state', `${logId(log.name)}.evidence`);
  return readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
};

describe('a witness', () => {
  it('cosigns a first checkpoint, and later ones that continue it', async () => {
    witness.clock.set('2026-02-01T00:00:00Z');
    for (const [old, size] of [
      [0, 3],
      [3, 4],
      [4, 7],
    ] as const) {
      const { status, body } = await send(old, history, size);
      expect(status).toBe(200);
      const found = witness.signer.verifier.find(history.note(size, log) + body);
      expect(found).toEqual({ witness: 'witness.example/w1', time: Date.UTC(2026, 1, 1) / 1_000 });
    }
  });

  it('cosigns the same checkpoint again', async () => {
    await send(0, history, 3);
    witness.clock.advance({ seconds: 5 });
    expect((await send(3, history, 3)).status).toBe(200);
    const proof = await post(requestBody(3, history.proof(1, 3), history.note(3, log)));
    expect(proof.status).toBe(422);
  });

  it('answers 409 with its size where the client believes another one', async () => {
    await send(0, history, 4);
    for (const old of [0, 3]) {
      expect(await send(old, history, 6)).toEqual({ status: 409, type: 'text/x.tlog.size', body: '4\n' });
    }
    expect(await send(2, history, 3)).toMatchObject({ status: 409, body: '4\n' });
  });

  it('answers 404 for a log that it was not told of', async () => {
    expect((await send(0, history, 3, newLogKey('other.example/log'))).status).toBe(404);
  });

  it('answers 403 where no key of the log has signed, whatever the line says', async () => {
    const note = history.note(3, newLogKey());
    expect((await post(requestBody(0, [], note))).status).toBe(403);
    const other = history.note(4, log).split('\n\n')[1] ?? '';
    const text = history.note(3, log).split('\n\n')[0] ?? '';
    expect((await post(requestBody(0, [], `${text}\n\n${other}`))).status).toBe(403);
  });

  it('answers 400 to what is malformed, and to an old size above the new one', async () => {
    expect((await post('hello')).status).toBe(400);
    expect((await send(3, history, 3)).status).toBe(409);
    expect((await post(requestBody(4, [], history.note(3, log)))).status).toBe(400);
  });

  it('answers 422 where the proof does not hold, and keeps what it was sent', async () => {
    await send(0, history, 3);
    const proof = history.proof(3, 7);
    expect(proof.length).toBeGreaterThan(2);
    const wrong = [
      [],
      proof.slice(1),
      [...proof].reverse(),
      [...proof, ...proof.slice(0, 1)],
      history.proof(4, 7),
    ];
    for (const hashes of wrong) {
      expect((await post(requestBody(3, hashes, history.note(7, log)))).status).toBe(422);
    }
    const other = History.of('a', 'b', 'X', 'd', 'e');
    expect((await send(3, other, 5)).status).toBe(422);
    const kept = evidence().map(({ text }) => (JSON.parse(text) as { refused: string }).refused);
    expect(kept.sort()).toEqual([history.note(7, log), other.note(5, log)].sort());
    expect((await send(3, history, 7)).status).toBe(200);
  });

  it('does not take a proof where none is needed', async () => {
    expect((await post(requestBody(0, history.proof(2, 3), history.note(3, log)))).status).toBe(422);
  });

  it('refuses a fork of the same size and keeps both signed notes, once', async () => {
    await send(0, history, 6);
    for (const old of [6, 0, 6, 5]) {
      expect(await send(old, fork, 6)).toEqual({ status: 409, type: 'text/x.tlog.size', body: '6\n' });
    }
    const [kept, ...more] = evidence();
    expect(more).toEqual([]);
    const { held, refused } = JSON.parse(kept?.text ?? '') as Record<string, string>;
    const texts = [held, refused].map((note) => openNote(note ?? '', log.verifier));
    expect(texts).toEqual([history, fork].map((of) => openNote(of.note(6, log), log.verifier)));
    expect(witness.said.join()).toContain('refused a fork of log.example/audit');
  });

  it('takes an empty checkpoint only of the empty tree', async () => {
    expect((await send(0, History.of(), 0)).status).toBe(200);
    const note = log.sign(Buffer.from(`${log.name}\n0\n${Buffer.alloc(32).toString('base64')}\n`));
    const line = Buffer.concat([log.verifier.id, note]).toString('base64');
    const text = `${log.name}\n0\n${Buffer.alloc(32).toString('base64')}\n\n— ${log.name} ${line}\n`;
    expect((await post(requestBody(0, [], text))).status).toBe(409);
  });

  it('does not hold a fork back by the number of files about another kind', async () => {
    await send(0, history, 4);
    for (let n = 0; n < 110; n++) {
      await send(4, History.of('X', String(n), 'c', 'd', 'e'), 5);
    }
    await send(4, fork, 4);
    const names = evidence().map(({ name }) => name.split('-')[0]);
    expect(names.filter((kind) => kind === 'unproved')).toHaveLength(100);
    expect(names.filter((kind) => kind === 'conflict')).toHaveLength(1);
  });

  it('trusts each of a log’s keys while one is rotated, and keeps no signature that it does not know', async () => {
    const next = newLogKey();
    witness.witness = witness.over(witness.state, [log.verifier, next.verifier]);
    expect((await send(0, history, 3, log)).status).toBe(200);
    const stranger = history.note(4, newLogKey()).split('\n\n')[1] ?? '';
    expect((await post(requestBody(3, history.proof(3, 4), history.note(4, next) + stranger))).status).toBe(
      200,
    );
    witness.witness = witness.over(witness.state, [next.verifier]);
    expect((await send(4, history, 5, log)).status).toBe(403);
    expect((await send(4, history, 5, next)).status).toBe(200);
    expect((await witness.state.load(log.name)).note).not.toContain(stranger);
  });

  it('shows auditors the last cosigned note, and nothing else', async () => {
    const path = `/checkpoint/${logId(log.name)}`;
    expect((await fetch(witness.url + path)).status).toBe(404);
    const { body } = await send(0, history, 5);
    const shown = await fetch(witness.url + path);
    expect(await shown.text()).toBe(history.note(5, log) + body);
    for (const other of [
      '/',
      '/checkpoint/',
      `/checkpoint/${'0'.repeat(64)}`,
      `${path}/..`,
      '/add-checkpoint',
    ]) {
      expect((await fetch(witness.url + other)).ok).toBe(false);
    }
  });

  it('reads no more than a request can have', async () => {
    expect((await post(Buffer.alloc(300_000, 97))).status).toBe(413);
    expect((await send(0, history, 2)).status).toBe(200);
  });
});

describe('a witness’s memory', () => {
  const file = () => join(witness.folder, 'state', `${logId(log.name)}.note`);

  it('outlives a kill after a checkpoint is on disk and before the answer', async () => {
    await send(0, history, 3);
    witness.dieAfterSaving();
    expect((await send(3, history, 5)).status).toBe(500);
    expect(await send(3, history, 5)).toMatchObject({ status: 409, body: '5\n' });
    expect((await send(5, history, 5)).status).toBe(200);
    expect((await send(5, fork, 5)).status).toBe(409);
  });

  it('is on disk before the answer, readable by its owner alone, without remains', async () => {
    await send(0, history, 3);
    witness.restart();
    expect(await send(0, history, 4)).toMatchObject({ status: 409, body: '3\n' });
    expect(await send(3, history, 4)).toMatchObject({ status: 200 });
    expect(await send(4, fork, 4)).toMatchObject({ status: 409 });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(witness.folder, 'state')).filter((name) => name.includes('unfinished'))).toEqual(
      [],
    );
  });

  it.each([
    ['missing', () => rmSync(file())],
    ['empty', () => truncateSync(file(), 0)],
    ['cut short', () => truncateSync(file(), 100)],
    ['of another size', () => writeFileSync(file(), readFileSync(file(), 'utf8').replace('\n4\n', '\n2\n'))],
    ['of the log alone', () => writeFileSync(file(), history.note(2, log))],
  ])('that is %s is not taken for an empty one: nothing is cosigned', async (_, damage) => {
    await send(0, history, 4);
    damage();
    witness.restart();
    expect((await send(0, fork, 5)).status).toBe(500);
    expect((await send(4, history, 5)).status).toBe(500);
    await expect(witness.state.load(log.name)).rejects.toThrow(StateLost);
  });

  it('of one log does not pass for another’s', async () => {
    await send(0, history, 4);
    const other = newLogKey('other.example/log');
    renameSync(file(), join(witness.folder, 'state', `${logId(other.name)}.note`));
    await expect(witness.state.load(other.name)).rejects.toThrow(StateLost);
  });

  it('is never begun anew where there is one', async () => {
    await send(0, history, 4);
    await expect(witness.state.begin(log.name, 0)).rejects.toThrow(StateLost);
    await expect(witness.state.create()).rejects.toThrow('EEXIST');
    expect((await witness.state.load(log.name)).checkpoint.size).toBe(4);
  });
});
