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

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly nextSegment: (tx: Tx) => Promise<bigint>,
  ) {}

  async take(count: number): Promise<Buffer[]> {
    const tokens: Buffer[] = [];
    while (tokens.length < count) {
      if (this.#left === 0) await this.begin();
      const some = Math.min(this.#left, count - tokens.length);
      this.#left -= some;
      for (const token of newTokens(this.#segment, some)) tokens.push(token);
    }
    return tokens;
  }

  private async begin(): Promise<void> {
    const segment = await this.unitOfWork.single(this.nextSegment);
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
