import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LeafProofs } from '../../libs/audit-log/src/anchors/leaf-proofs.fixture.js';
import {
  AnchorConflict,
  AnchorFollower,
  AnchorRefused,
  Checkpoints,
  type CosignedCheckpoint,
  Follower,
  findCosignatures,
  WitnessAnchor,
} from '../../libs/audit-log/src/index.js';
import { TestLog } from '../../libs/audit-log/src/sql/log.fixture.js';
import { dump, restore } from './log-copy.fixture.js';
import { LosingProxy } from './losing-proxy.fixture.js';
import { logId } from './state.js';
import { TestWitness } from './witness.fixture.js';

let log: TestLog;
let checkpoints: Checkpoints;
let witness: TestWitness;
beforeAll(async () => {
  log = await TestLog.open();
  checkpoints = new Checkpoints(log.unitOfWork);
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  witness = await TestWitness.begin([log.signer.verifier]);
  await witness.listen();
});
afterEach(() => witness.end());

let next = 0;
async function grow(entries = 1): Promise<void> {
  await log.append(...Array.from({ length: entries }, () => next++));
  await log.integrator().integrate();
}

function anchorAt(url = witness.url, verifier = witness.signer.verifier): WitnessAnchor {
  return new WitnessAnchor({
    url,
    verifier,
    log: { checkpoints, proofs: new LeafProofs(log.unitOfWork) },
  });
}

/** A process that has just started. */
function follower(anchor = anchorAt()): AnchorFollower {
  const onError = () => undefined;
  return new AnchorFollower({ unitOfWork: log.unitOfWork, anchor, onError });
}

async function newest(): Promise<CosignedCheckpoint> {
  const found = await checkpoints.findNewest();
  if (!found) throw new Error('no checkpoint yet');
  return found;
}

const known = async () => (await witness.state.load(log.signer.name)).checkpoint.size;
const conflict = (code: string) => expect.objectContaining({ name: 'AnchorConflict', code }) as unknown;
const caught = (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

describe('a log with a witness', () => {
  it('gets every newest checkpoint cosigned, each as the continuation of the one before', async () => {
    const one = follower();
    for (const entries of [1, 4, 11, 2]) {
      await grow(entries);
      await one.catchUp();
      const { witnesses, cosignedNote } = await newest();
      expect(witnesses).toEqual(['witness.example/w1']);
      const found = findCosignatures(cosignedNote, [witness.signer.verifier]);
      expect(found).toHaveLength(1);
    }
    expect(await known()).toBe(18);
    expect(await Follower.states(log.unitOfWork)).toMatchObject([
      { name: 'anchor-witness-witness.example/w1', position: 18, failures: 0 },
    ]);
  });

  it('shows the newest checkpoint whether cosigned or not, and apart from it the newest cosigned one', async () => {
    expect(await checkpoints.findNewest()).toBeNull();
    await grow(3);
    expect(await checkpoints.findNewestCosigned()).toBeNull();
    await follower().catchUp();
    await grow(2);
    const last = await newest();
    expect(last).toMatchObject({ size: 5, witnesses: [] });
    expect(last.cosignedNote).toBe(last.note);
    expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 3 });
    expect(await checkpoints.findNewestCosigned(2)).toBeNull();
  });

  it('asks several, and tells how many have cosigned', async () => {
    const second = await TestWitness.begin([log.signer.verifier], 'witness.example/w2');
    await second.listen();
    try {
      await grow(3);
      await follower().catchUp();
      await follower(anchorAt(second.url, second.signer.verifier)).catchUp();
      const both = await checkpoints.findNewestCosigned(2);
      expect(both).toMatchObject({ size: 3, witnesses: ['witness.example/w1', 'witness.example/w2'] });
      const verifiers = [witness, second].map(({ signer }) => signer.verifier);
      expect(findCosignatures(both?.cosignedNote ?? '', verifiers)).toHaveLength(2);
    } finally {
      await second.end();
    }
  });

  it('comes by its cosignature after the witness was killed with the checkpoint on disk', async () => {
    await grow(3);
    const one = follower();
    await one.catchUp();
    await grow(2);
    witness.dieAfterSaving();
    expect(await caught(one.catchUp())).toBeInstanceOf(AnchorRefused);
    expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 3 });
    await one.catchUp();
    expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 5 });
    expect(one.conflict).toBeNull();
  });

  it('comes by it after answers were lost on the way, although the log has grown meanwhile', async () => {
    const proxy = await LosingProxy.before(() => witness.url);
    try {
      const one = follower(anchorAt(proxy.url));
      await grow(3);
      proxy.lose(1);
      expect(await caught(one.catchUp())).toBeInstanceOf(TypeError);
      expect(await known()).toBe(3);
      await grow(4);
      await one.catchUp();
      expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 7 });
    } finally {
      await proxy.close();
    }
  });

  it('is asked once for each checkpoint, as long as both agree where they are', async () => {
    const proxy = await LosingProxy.before(() => witness.url);
    try {
      for (let checkpoint = 1; checkpoint <= 4; checkpoint++) {
        await grow(2);
        await anchorAt(proxy.url).anchor(await newest(), new AbortController().signal);
        expect(proxy.asked).toBe(checkpoint);
      }
    } finally {
      await proxy.close();
    }
  });

  it('stores no answer that is not its witness’s cosignature on just this checkpoint', async () => {
    await grow(3);
    const stranger = await TestWitness.begin([log.signer.verifier], 'witness.example/w1');
    await stranger.listen();
    try {
      const error = await caught(follower(anchorAt(stranger.url)).catchUp());
      expect(error).toBeInstanceOf(AnchorRefused);
      expect(await checkpoints.findNewestCosigned()).toBeNull();
    } finally {
      await stranger.end();
    }
  });

  it('does not undo stored cosignatures', async () => {
    await grow(1);
    await follower().catchUp();
    for (const change of ['DELETE FROM', 'TRUNCATE']) {
      const work = log.unitOfWork.single((tx) => tx.query(`${change} audit_cosignature`));
      await expect(work).rejects.toMatchObject({ code: 'IG002' });
    }
  });
});

describe('the alarm', () => {
  it('is raised by the first look after an old dump was restored, before anything is appended', async () => {
    await grow(3);
    await follower().catchUp();
    await dump(log);
    await grow(2);
    await follower().catchUp();
    await restore(log);
    const restarted = follower();
    expect(await caught(restarted.catchUp())).toEqual(conflict('audit.rolled_back'));
    expect(restarted.conflict).toBeInstanceOf(AnchorConflict);
  });

  it('stays when the restored log grows past what the witness knows', async () => {
    await grow(3);
    await follower().catchUp();
    await dump(log);
    await grow(2);
    await follower().catchUp();
    await restore(log);
    const running = follower();
    expect(await caught(running.catchUp())).toEqual(conflict('audit.rolled_back'));
    await grow(2);
    expect(await caught(running.catchUp())).toEqual(conflict('audit.forked'));
    await grow(5);
    expect(await caught(running.catchUp())).toEqual(conflict('audit.forked'));
    expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 3 });
    expect(await known()).toBe(5);
  });

  it('is raised for a second history under the same key, and the witness keeps both heads', async () => {
    await grow(4);
    await follower().catchUp();
    await log.reset();
    await grow(4);
    const forked = follower();
    expect(await caught(forked.catchUp())).toEqual(conflict('audit.forked'));
    expect(witness.said.join()).toMatch(/refused a fork of test\.example\/audit, kept in .*\.json/);
    expect(await checkpoints.findNewestCosigned()).toBeNull();
  });

  it('is raised for a log that was emptied', async () => {
    await grow(4);
    await follower().catchUp();
    await log.reset();
    await log.integrator().integrate();
    expect(await caught(follower().catchUp())).toEqual(conflict('audit.rolled_back'));
  });

  it('is not raised by a process that is late: another one has anchored more', async () => {
    await grow(3);
    const late = await newest();
    await grow(2);
    await follower().catchUp();
    await anchorAt().anchor(late, new AbortController().signal);
    expect(await checkpoints.findNewestCosigned()).toMatchObject({ size: 5 });
  });

  it('is not raised by a witness that is away, does not know the log, or talks nonsense', async () => {
    await grow(3);
    const other = await TestWitness.begin([log.signer.verifier], 'witness.example/w3');
    other.witness = {
      addCheckpoint: () => Promise.resolve({ status: 409, type: 'text/plain', body: 'x' }),
    } as never;
    await other.listen();
    try {
      for (const url of [`${witness.url}/nowhere`, other.url, 'http://127.0.0.1:9']) {
        const one = follower(anchorAt(url));
        expect(await caught(one.catchUp())).toBeInstanceOf(Error);
        expect(one.conflict).toBeNull();
      }
    } finally {
      await other.end();
    }
  });
});

describe('a log and its witness through random kills, lost answers and late processes', {
  timeout: 600_000,
}, () => {
  it('agree in the end, and raise no false alarm', async () => {
    const random = seededRandom();
    const proxy = await LosingProxy.before(() => witness.url);
    try {
      let running = follower(anchorAt(proxy.url));
      for (let step = 0; step < proofCount(40, 600); step++) {
        const what = random.below(6);
        if (what <= 1) await grow(1 + random.below(5));
        if (what === 2) proxy.lose(random.below(2));
        if (what === 3) witness.dieAfterSaving();
        if (what === 4) witness.restart();
        if (what === 5) running = follower(anchorAt(proxy.url));
        const others = random.chance(0.3) ? [follower(anchorAt(proxy.url))] : [];
        const errors = await Promise.all([running, ...others].map((one) => caught(one.catchUp())));
        const alarms = errors.filter((error) => error instanceof AnchorConflict);
        expect(alarms, `seed ${random.seed}, step ${step}`).toEqual([]);
      }
      proxy.lose(0);
      witness.restart();
      await grow(1);
      await follower(anchorAt(proxy.url)).catchUp();
      const { size, note, witnesses } = await newest();
      expect(witnesses, `seed ${random.seed}`).toEqual(['witness.example/w1']);
      expect(await known()).toBe(size);
      const shown = await fetch(`${witness.url}/checkpoint/${logId(log.signer.name)}`);
      expect((await shown.text()).startsWith(note)).toBe(true);
    } finally {
      await proxy.close();
    }
  });
});
