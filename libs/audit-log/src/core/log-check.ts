import type { Checkpoint } from './checkpoint.js';
import { assertCosigned, cosignaturesOn } from './cosigned.js';
import { Fault } from './fault.js';
import { Frontier, type OnSubtree } from './frontier.js';
import { isRotation, type KeyChain } from './key-chain.js';
import { fromUtf8, sameBytes, toBase64 } from './primitives.js';
import type { Witnesses } from './verify-options.js';
import type { Cosigned, Evidence, FaultCode, Verified } from './verify-report.js';

/** What a log is checked against. */
export interface LogCheckOptions extends Witnesses {
  readonly chain: KeyChain;
  /** the tree of the entries before the first one, verified already */
  readonly start: Frontier | undefined;
  /** a signed checkpoint of the same log from before */
  readonly earlier: string | undefined;
}

/**
 * A log that is being verified, wherever its entries come from: the tree so far, how much of it signed checkpoints have
 * confirmed, and what still has to be met at later sizes.
 */
export class LogCheck {
  readonly #tree: Frontier;
  readonly #chain: KeyChain;
  readonly #earlier: Checkpoint | undefined;
  /** sizes at which something other than a checkpoint in its place is compared, ascending */
  readonly #milestones: number[];
  #nextMilestone: number;
  #confirmed = 0;
  #checkpoints = 0;
  #note = '';
  #cosigned: Pick<Cosigned, 'size' | 'by'> | null = null;
  /** whether the next entry is the first that the witnesses don't cover */
  #endsCover = false;
  #uncoveredSince: string | null = null;
  #firstAt: string | null = null;
  // Where the last entry stands, and not a view of it: that would be one for each entry, for nothing.
  #last: Uint8Array | undefined;
  #lastStart = 0;
  #lastEnd = 0;

  /** @throws {Fault} */
  constructor(private readonly options: LogCheckOptions) {
    this.#chain = options.chain;
    this.#tree = options.start ? Frontier.parse(options.start.serialise()) : new Frontier();
    this.#confirmed = this.#tree.size;
    this.#earlier = this.openEarlier();
    const sizes = [...this.#chain.links.map(({ size }) => size), this.#earlier?.size ?? 0];
    this.#milestones = sizes.filter((size) => size > this.#tree.size).sort((a, b) => a - b);
    this.#nextMilestone = this.#milestones.shift() ?? Number.POSITIVE_INFINITY;
    if (this.#earlier?.size === this.#tree.size) this.compareEarlier(this.#earlier);
  }

  /** Entries so far. */
  get size(): number {
    return this.#tree.size;
  }

  /** Entries up to, without, this one are confirmed. */
  get confirmed(): number {
    return this.#confirmed;
  }

  /**
   * Told of the whole log's size before its entries.
   * @throws {Fault} if the earlier checkpoint covers more
   */
  expect(size: number): void {
    const earlier = this.#earlier?.size ?? 0;
    if (earlier <= size) return;
    const message = `the earlier checkpoint covers ${earlier} entries, the log has ${size}`;
    throw new Fault('earlier.longer', message, size, earlier - 1);
  }

  /**
   * Takes the next entry, which stands in `bytes` from `start` up to but without `end`.
   * @param leaf its leaf hash, computed from these bytes
   * @param onSubtree told of every perfect subtree that it completes
   * @throws {Fault} where the tree reaches a size at which it must have had another root
   */
  append(bytes: Uint8Array, start: number, end: number, leaf: Uint8Array, onSubtree?: OnSubtree): void {
    this.#tree.append(leaf, onSubtree);
    this.#last = bytes;
    this.#lastStart = start;
    this.#lastEnd = end;
    const { size } = this.#tree;
    if (size === 1) this.#firstAt = timeOf(this.lastEntry());
    if (this.#endsCover) {
      this.#endsCover = false;
      this.#uncoveredSince = timeOf(this.lastEntry());
    }
    if (size === this.#nextMilestone) this.reachMilestone(size);
  }

  /**
   * Takes a checkpoint that stands behind the last entry that it covers.
   * @throws {Fault}
   */
  checkpoint(note: string): void {
    const { size, root } = this.#chain.open(note, (code, message) => {
      return this.unconfirmed(`checkpoint.${code}`, `a checkpoint ${message}`);
    });
    if (size !== this.size) {
      const message = `the checkpoint of ${size} entries stands after ${this.size}`;
      throw this.unconfirmed('checkpoint.misplaced', message);
    }
    this.compareRoot(size, root);
    this.takeCosignatures(note, size);
    this.#note = note;
    this.#checkpoints += 1;
  }

  /**
   * @param archived entries that came from an archive
   * @throws {Fault} unless enough witnesses have cosigned, and not too long ago
   */
  finish(archived = 0): Verified {
    const verified = this.describe(archived);
    assertCosigned(verified, this.options);
    return verified;
  }

  /** The entries since the last confirmed one: one of them is bad, but nothing trusted says which. */
  unconfirmed(code: FaultCode, message: string, evidence: Evidence | null = null): Fault {
    const last = this.size - 1;
    if (last < this.#confirmed) return new Fault(code, message, null, null, evidence);
    return new Fault(code, message, this.#confirmed, last, evidence);
  }

  private describe(archived: number): Verified {
    const { verifier } = this.#chain.last;
    return {
      ok: true,
      origin: verifier.name,
      size: this.size,
      root: toBase64(this.#tree.root()),
      note: this.#note,
      key: verifier.toString(),
      keys: this.#chain.length,
      checkpoints: this.#checkpoints,
      archived,
      earlierSize: this.#earlier?.size ?? null,
      newer: null,
      cosigned: this.describeCosigned(),
      firstAt: this.#firstAt,
      lastAt: timeOf(this.lastEntry()),
    };
  }

  private describeCosigned(): Cosigned | null {
    if (!this.#cosigned) return null;
    const uncovered = this.size - this.#cosigned.size;
    return { ...this.#cosigned, uncovered, uncoveredSince: this.#uncoveredSince };
  }

  private openEarlier(): Checkpoint | undefined {
    if (this.options.earlier === undefined) return undefined;
    const earlier = this.#chain.open(this.options.earlier, (_, message) => {
      return new Fault('earlier.signature', `the earlier checkpoint ${message}`, null);
    });
    if (earlier.size < this.#tree.size) {
      const message = `the earlier checkpoint covers ${earlier.size} entries, and what is verified here begins at ${this.size}`;
      throw new Fault('earlier.unreachable', message, null);
    }
    return earlier;
  }

  private lastEntry(): Uint8Array | undefined {
    return this.#last?.subarray(this.#lastStart, this.#lastEnd);
  }

  private reachMilestone(size: number): void {
    while (this.#nextMilestone === size)
      this.#nextMilestone = this.#milestones.shift() ?? Number.POSITIVE_INFINITY;
    // What the auditor kept comes first: it is what they trust most.
    if (this.#earlier?.size === size) this.compareEarlier(this.#earlier);
    const link = this.#chain.links.find((one) => one.size === size);
    if (!link) return;
    this.compareRoot(size, link.root);
    if (!isRotation(this.lastEntry(), link)) {
      const message = 'the last entry before a change of keys does not name the two keys';
      throw new Fault('chain.entry', message, size - 1);
    }
    this.takeCosignatures(link.note, size);
  }

  /** Once the log is as long as it was at the earlier checkpoint, it must have had the same root. */
  private compareEarlier({ size, root }: Checkpoint): void {
    const found = this.#tree.root();
    if (!sameBytes(root, found)) {
      const message = `the first ${size} entries are not those of the earlier checkpoint`;
      // The log's own checkpoints say nothing about where the two part: the same key has signed both.
      const [position, through] = size > 0 ? [0, size - 1] : [null, null];
      throw new Fault('earlier.root', message, position, through, rootsOf(size, root, found));
    }
    this.#confirmed = size;
    this.takeCosignatures(this.options.earlier ?? '', size);
  }

  private compareRoot(size: number, root: Uint8Array): void {
    const found = this.#tree.root();
    if (!sameBytes(root, found)) {
      const message = `the first ${size} entries do not have the root that was signed`;
      throw this.unconfirmed('checkpoint.root', message, rootsOf(size, root, found));
    }
    if (size >= this.#chain.confirmsFrom) this.#confirmed = size;
  }

  private takeCosignatures(note: string, size: number): void {
    const by = cosignaturesOn(note, this.options, (message) => {
      return this.unconfirmed('checkpoint.cosignature', message);
    });
    if (!by) return;
    this.#cosigned = { size, by };
    this.#endsCover = true;
    this.#uncoveredSince = null;
  }
}

function rootsOf(size: number, signed: Uint8Array, found: Uint8Array): Evidence {
  return { what: `root of ${size} entries`, expected: toBase64(signed), found: toBase64(found) };
}

function timeOf(entry: Uint8Array | undefined): string | null {
  if (!entry) return null;
  try {
    const at = (JSON.parse(fromUtf8(entry)) as { at?: unknown } | null)?.at;
    return typeof at === 'string' && /^[0-9TZ:.+-]{1,40}$/.test(at) ? at : null;
  } catch {
    return null;
  }
}
