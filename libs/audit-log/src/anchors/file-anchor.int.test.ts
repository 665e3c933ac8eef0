import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  generateNoteKey,
  leafHash,
  NoteSigner,
  openCheckpoint,
  signCheckpoint,
  subtreeRoot,
} from '../core/index.js';
import { Follower } from '../sql/follower.js';
import { TestLog } from '../sql/log.fixture.js';
import { AnchorConflict, AnchorRefused } from './anchor.js';
import { AnchorFollower } from './anchor-follower.js';
import { Checkpoints } from './checkpoints.js';
import { FileAnchor } from './file-anchor.js';
import { LeafProofs } from './leaf-proofs.fixture.js';

let log: TestLog;
let folder: string;
let path: string;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  folder = mkdtempSync(join(tmpdir(), 'anchor-'));
  path = join(folder, 'log.notes');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let next = 0;
async function grow(entries: number): Promise<void> {
  await log.append(...Array.from({ length: entries }, () => next++));
  await log.integrator().integrate();
}

/** A process that has just started. */
function follower(at = path): AnchorFollower {
  const { unitOfWork } = log;
  const parts = { checkpoints: new Checkpoints(unitOfWork), proofs: new LeafProofs(unitOfWork) };
  return new AnchorFollower({ unitOfWork, anchor: new FileAnchor(at, parts), onError: () => undefined });
}

const caught = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);
const conflict = (code: string) => expect.objectContaining({ name: 'AnchorConflict', code }) as unknown;
const feed = async () => {
  const states = await Follower.states(log.unitOfWork);
  return states.find(({ name }) => name === 'anchor-file');
};
const text = () => readFileSync(path, 'utf8');
/** As an auditor reads it: notes with an empty line behind each. */
const sizes = () =>
  text()
    .split(/(?<=\n\n— .*\n)\n/)
    .filter((note) => note !== '')
    .map((note) => openCheckpoint(note, log.signer.verifier).size);

describe('the file of checkpoints', () => {
  it('gets each newest note as it was signed, and an empty line behind it', async () => {
    const one = follower();
    for (const entries of [2, 3, 1]) {
      await grow(entries);
      await one.catchUp();
      expect(text().endsWith(`${(await log.reader.findCheckpoint())?.note ?? '?'}\n`)).toBe(true);
    }
    expect(sizes()).toEqual([2, 5, 6]);
    expect(statSync(path).mode & 0o137).toBe(0);
  });

  it('does not get the same one twice, also from a process that starts anew or lost its place', async () => {
    await grow(3);
    await follower().catchUp();
    await follower().catchUp();
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET position = 0, holder = NULL'));
    await follower().catchUp();
    expect(sizes()).toEqual([3]);
  });

  it('does not begin with the empty log', async () => {
    await log.integrator().integrate();
    await follower().catchUp();
    await grow(1);
    await follower().catchUp();
    expect(sizes()).toEqual([1]);
  });

  it.each([1, 12, 30, 70, 100, 140])(
    'is gone on with behind a last note of which a crash left %i bytes',
    async (bytes) => {
      await grow(3);
      await follower().catchUp();
      const whole = text().length;
      await grow(2);
      await follower().catchUp();
      truncateSync(path, Buffer.byteLength(text().slice(0, whole)) + bytes);
      await grow(1);
      await follower().catchUp();
      await grow(1);
      await follower().catchUp();
      const note = (await log.reader.findCheckpoint())?.note ?? '?';
      expect(text().endsWith(`\n\n${note}\n`)).toBe(true);
      expect(text().match(/\ntest\.example\/audit\n7\n/)).not.toBeNull();
    },
  );

  it('is gone on with behind a first note that a crash cut short', async () => {
    await grow(3);
    await follower().catchUp();
    truncateSync(path, 25);
    await follower().catchUp();
    expect(text()).toMatch(/\n\ntest\.example\/audit\n3\n/);
  });

  it('of another log, or of something else, is left alone', async () => {
    await grow(3);
    const other = NoteSigner.parse(generateNoteKey('other.example/log').skey);
    const root = subtreeRoot([leafHash(Buffer.from('a'))]);
    for (const content of [
      'hosts: all\n',
      `${signCheckpoint({ size: 1, root }, other)}\n`,
      '#'.repeat(1_000_000),
    ]) {
      writeFileSync(path, content);
      const one = follower();
      expect(await caught(one.catchUp())).toBeInstanceOf(AnchorRefused);
      expect(one.conflict).toBeNull();
      expect(text()).toBe(content);
    }
  });

  it('in a folder that is missing is an error and no alarm, and works once the folder is there', async () => {
    await grow(1);
    const one = follower(join(folder, 'later', 'log.notes'));
    expect(await caught(one.catchUp())).toMatchObject({ code: 'ENOENT' });
    expect(one.conflict).toBeNull();
    mkdirSync(join(folder, 'later'));
    await one.catchUp();
    expect(readFileSync(join(folder, 'later', 'log.notes'), 'utf8')).toMatch(/^test\.example\/audit\n1\n/);
  });
});

describe('the alarm', () => {
  it('is raised at the start, with nothing new to anchor, for a database that is shorter', async () => {
    await grow(5);
    await follower().catchUp();
    await log.reset();
    await grow(3);
    await log.unitOfWork.single((tx) =>
      tx.query("INSERT INTO audit_follower (name, position) VALUES ('anchor-file', 3)"),
    );
    const restarted = follower();
    expect(await caught(restarted.catchUp())).toEqual(conflict('audit.rolled_back'));
    expect(restarted.conflict?.code).toBe('audit.rolled_back');
    expect(await feed()).toMatchObject({ position: 3, failures: 1, failingSince: expect.any(Date) as Date });
    expect(sizes()).toEqual([5]);
  });

  it.each([5, 9])('is raised for another history of %i entries, and nothing is appended', async (size) => {
    await grow(5);
    await follower().catchUp();
    await log.reset();
    await grow(size);
    const restarted = follower();
    expect(await caught(restarted.catchUp())).toEqual(conflict('audit.forked'));
    await grow(4);
    expect(await caught(restarted.catchUp())).toEqual(conflict('audit.forked'));
    expect(sizes()).toEqual([5]);
  });

  it('is raised for an emptied database', async () => {
    await grow(5);
    await follower().catchUp();
    await log.reset();
    await log.integrator().integrate();
    expect(await caught(follower().catchUp())).toEqual(conflict('audit.rolled_back'));
  });

  it('is raised for entries that were changed below a head that is signed, once it is to be continued', async () => {
    await grow(5);
    await follower().catchUp();
    await log.tamper('UPDATE audit_entry SET leaf_hash = sha256(leaf_hash) WHERE position = 2');
    await grow(2);
    expect(await caught(follower().catchUp())).toEqual(conflict('audit.forked'));
  });

  it.each([
    ['cut', () => truncateSync(path, 0)],
    ['removed', () => rmSync(path)],
    ['replaced', () => writeFileSync(path, text().split(/(?<=\n\n— .*\n\n)/)[0] ?? '')],
  ])('is raised for a file that was %s under a running process', async (_, change) => {
    const one = follower();
    for (const entries of [2, 3]) {
      await grow(entries);
      await one.catchUp();
    }
    change();
    await grow(1);
    expect(await caught(one.catchUp())).toEqual(conflict('audit.anchor_changed'));
    expect(one.conflict).toBeInstanceOf(AnchorConflict);
  });

  it('is raised for a note that somebody else has written into the file', async () => {
    await grow(3);
    await follower().catchUp();
    const root = subtreeRoot([leafHash(Buffer.from('a'))]);
    appendFileSync(path, `${signCheckpoint({ size: 3, root }, log.signer)}\n`);
    expect(await caught(follower().catchUp())).toEqual(conflict('audit.forked'));
  });

  it('ends when the operator puts the right file back', async () => {
    await grow(3);
    await follower().catchUp();
    const right = text();
    writeFileSync(path, right.replace('\n3\n', '\n4\n'));
    const one = follower();
    expect(await caught(one.catchUp())).toEqual(conflict('audit.rolled_back'));
    writeFileSync(path, right);
    await one.catchUp();
    expect(one.conflict).toBeNull();
  });

  it('ends in a process without the lease, too, and stays as long as the file is wrong', async () => {
    const one = follower();
    await grow(3);
    await one.catchUp();
    const right = text();
    truncateSync(path, 0);
    await grow(1);
    for (let look = 0; look < 2; look++) {
      expect(await caught(one.catchUp())).toEqual(conflict('audit.anchor_changed'));
    }
    writeFileSync(path, right);
    await log.unitOfWork.single((tx) => tx.query('UPDATE audit_follower SET holder = NULL'));
    // It has the lease from now on, and leaves nothing to do.
    await follower().catchUp();
    expect(sizes()).toEqual([3, 4]);
    expect(one.conflict?.code).toBe('audit.anchor_changed');
    await one.catchUp();
    expect(one.conflict).toBeNull();
  });

  it('is shown among the feeds from the start, by a process without the lease, until it ends', async () => {
    await grow(3);
    await follower().catchUp();
    const right = text();
    writeFileSync(path, right.replace('\n3\n', '\n4\n'));
    const one = follower();
    for (const failures of [1, 2]) {
      expect(await caught(one.catchUp())).toEqual(conflict('audit.rolled_back'));
      expect(await feed()).toMatchObject({ failures, failingSince: expect.any(Date) as Date });
    }
    writeFileSync(path, right);
    await one.catchUp();
    expect(one.conflict).toBeNull();
    expect(await feed()).toMatchObject({ failures: 0, failingSince: null });
  });

  it('is not raised while another process is ahead', async () => {
    await grow(3);
    const late = await log.reader.findCheckpoint();
    await grow(2);
    await follower().catchUp();
    if (!late) throw new Error('no checkpoint');
    const { unitOfWork } = log;
    const parts = { checkpoints: new Checkpoints(unitOfWork), proofs: new LeafProofs(unitOfWork) };
    await new FileAnchor(path, parts).anchor(late);
    expect(sizes()).toEqual([5]);
  });
});
