import { decodedOrNull, encodeId, fillRandom } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';

const PREFIX = 'tok';
export const TOKEN_BYTES = 21;
const SEGMENT_BYTES = 5;
const RANDOM_BYTES = TOKEN_BYTES - SEGMENT_BYTES;
/** tokens of one segment */
const SEGMENT_SIZE = 65_536;

export function tokenText(token: Buffer): string {
  return encodeId(PREFIX, token);
}

/** @returns null for a text that was never a token: nobody looks it up */
export function tokenOf(text: string): Buffer | null {
  return decodedOrNull(PREFIX, text, TOKEN_BYTES);
}

/**
 * Makes tokens: 128 random bits after the number of a segment, which no other process has. So the tokens of a while stand together
 * in the primary key, and making one touches pages that are in memory, however many there are.
 */
export class TokenIds {
  #segment = 0n;
  #left = 0;
  #within: Promise<void> | null = null;
  #apart: Promise<void> | null = null;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly nextSegment: (tx: Tx) => Promise<bigint>,
  ) {}

  /** @param tx the caller's transaction, where one is open: whoever holds a connection must not wait for a second one */
  async take(count: number, tx: Tx | null = null): Promise<Buffer[]> {
    const tokens: Buffer[] = [];
    while (tokens.length < count) {
      if (this.#left === 0) await this.begin(tx);
      const some = Math.min(this.#left, count - tokens.length);
      this.#left -= some;
      for (const token of newTokens(this.#segment, some)) tokens.push(token);
    }
    return tokens;
  }

  /**
   * One request for all who wait. Of those in a transaction only for each other: who is outside of one waits for a connection,
   * perhaps for theirs. What fails for the one who asks is tried again by the next of those who have waited.
   */
  private begin(tx: Tx | null): Promise<void> {
    const begun = this.#within ?? (tx ? null : this.#apart);
    if (begun) return begun.catch(() => undefined);
    if (!tx) {
      this.#apart = this.ask(() => this.unitOfWork.single(this.nextSegment)).finally(() => {
        this.#apart = null;
      });
      return this.#apart;
    }
    this.#within = this.ask(() => this.nextSegment(tx)).finally(() => {
      this.#within = null;
    });
    return this.#within;
  }

  private async ask(next: () => Promise<bigint>): Promise<void> {
    const segment = await next();
    // Of two that waited the second finds the first one's begun.
    if (this.#left > 0) return;
    this.#segment = segment;
    this.#left = SEGMENT_SIZE;
  }
}

function newTokens(segment: bigint, count: number): Buffer[] {
  const block = Buffer.allocUnsafe(count * TOKEN_BYTES);
  return Array.from({ length: count }, (_, at) => {
    const from = at * TOKEN_BYTES;
    block.writeUIntBE(Number(segment), from, SEGMENT_BYTES);
    fillRandom(block, from + SEGMENT_BYTES, RANDOM_BYTES);
    return block.subarray(from, from + TOKEN_BYTES);
  });
}
