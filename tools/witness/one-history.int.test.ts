import { proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointTextOf, leafHash } from '../../libs/audit-log/src/core/index.js';
import { History, newLogKey, TestWitness } from './witness.fixture.js';

const log = newLogKey();
const SIZE = 80;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Histories that branch off each other at random places: some share nothing, some all but the last entry. */
function forest(random: SeededRandom): History[] {
  const trees = [new History(leaves(random, SIZE))];
  while (trees.length < 4) {
    const shared = random.below(SIZE / 2);
    trees.push(
      new History([...random.pick(trees).leaves.slice(0, shared), ...leaves(random, SIZE - shared)]),
    );
  }
  return trees;
}

function leaves(random: SeededRandom, count: number): Uint8Array[] {
  return Array.from({ length: count }, () => leafHash(random.bytes(8)));
}

interface Cosigned {
  readonly size: number;
  readonly root: string;
}

/** The truth, from the leaves: whether one history has both heads. */
function agree(trees: readonly History[], a: Cosigned, b: Cosigned): boolean {
  return trees.some((tree) => [a, b].every(({ size, root }) => hex(tree.root(size)) === root));
}

let witness: TestWitness;
beforeEach(async () => {
  witness = await TestWitness.begin([log.verifier]);
});
afterEach(() => witness.end());

/** A request as a forger or an honest log sends it: any history, any sizes, the right proof or somebody else's. */
async function ask(random: SeededRandom, trees: readonly History[], known: number): Promise<Cosigned | null> {
  const tree = random.pick(trees);
  // Mostly a little ahead, so that a siege has many heads.
  const size = random.chance(0.7)
    ? Math.min(known + random.below(4), SIZE)
    : Math.min(random.below(known + 8), SIZE);
  const old = random.chance(0.8) ? known : random.below(size + 3);
  const proven = random.chance(0.2) ? random.pick(trees) : tree;
  const proof = old <= size && old <= SIZE ? proven.proof(old, size) : [];
  const note = tree.note(size, log);
  const answer = await witness.ask(old, random.chance(0.1) ? proof.slice(1) : proof, note).catch(() => null);
  if (answer?.status !== 200) return null;
  if (!witness.signer.verifier.find(note + answer.body)) throw new Error('a false cosignature');
  return { size, root: hex(checkpointTextOf(note).checkpoint.root) };
}

/** @returns every head that was cosigned, in the order of the answers */
async function besiege(random: SeededRandom, trees: readonly History[]): Promise<Cosigned[]> {
  const cosigned: Cosigned[] = [];
  for (let round = 0; round < 40; round++) {
    const known = (await witness.state.load(log.name)).checkpoint.size;
    if (random.chance(0.1)) witness.restart();
    if (random.chance(0.15)) witness.dieAfterSaving();
    const together = Array.from({ length: 1 + random.below(6) }, () => ask(random, trees, known));
    cosigned.push(...(await Promise.all(together)).filter((head) => head !== null));
  }
  return cosigned;
}

describe('whatever is asked of a witness, by whom, at once, and through kills', { timeout: 600_000 }, () => {
  it('it never cosigns two heads that no history has both', async () => {
    const random = seededRandom();
    let heads = 0;
    for (let siege = 0; siege < proofCount(8, 120); siege++) {
      await witness.end();
      witness = await TestWitness.begin([log.verifier]);
      const trees = forest(random);
      const cosigned = await besiege(random, trees);
      for (const [at, head] of cosigned.entries()) {
        const apart = cosigned.slice(at + 1).filter((later) => !agree(trees, head, later));
        expect(apart, `seed ${random.seed}, siege ${siege}`).toEqual([]);
      }
      heads += cosigned.length;
    }
    // A witness that cosigns nothing would pass, too.
    expect(heads).toBeGreaterThan(proofCount(8, 120) * 5);
  });
});
