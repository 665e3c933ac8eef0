import type { BlindIndex } from '@integument/crypto';

/** A version of the index key: the id by which rows name it, and the index under it. */
export interface IndexVersion {
  readonly indexKey: number;
  readonly index: BlindIndex;
}

/** Under which versions of the index key digests lie: one, but for the time of a rotation. */
export class IndexKeys {
  /** @param versions the one that is written with first */
  constructor(private readonly versions: () => readonly IndexVersion[]) {}

  current(): IndexVersion {
    const [current] = this.versions();
    if (!current) throw new Error('there is no version of the index key');
    return current;
  }

  /** Whoever looks something up asks for the digests of all of them. */
  live(): readonly IndexVersion[] {
    return this.versions();
  }
}
