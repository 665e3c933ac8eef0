import { type BodyOf, makeTokens, type revealTokens } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { PlatformInfo } from '@integument/testing';
import { ask } from '../tools/outside/ask.js';
import { Client } from '../tools/outside/client.js';
import { syntheticValues } from './synthetic-values.js';

/** Who makes and reveals in the bench. */
export const CLIENT = 'brand-shop';

const BATCH = 1_000;
const TOKEN_BYTES = 21;

/** What a reveal says besides its tokens. */
export const WISH = {
  purpose: 'delivery',
  reason: { code: 'order', reference: 'ORDER-7' },
} as const satisfies Omit<BodyOf<typeof revealTokens>, 'form' | 'tokens'>;

/** Makes tokens of some values. @throws where one is refused: a batch is answered with 200 however much of it is, and fast */
export async function tokensFor(info: PlatformInfo, values: readonly unknown[]): Promise<string[]> {
  const client = new Client(info, CLIENT);
  const { results } = await ask(client, info.urls.vault, makeTokens, { body: { values: [...values] } });
  return results.map((one) => {
    if (!('token' in one)) throw new Error(`the vault refuses a value of the bench: ${one.code}`);
    return one.token;
  });
}

/** Tokens of synthetic values, in no order of their keys. */
export async function someTokens(info: PlatformInfo, count: number): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) tokens.push(...(await tokensFor(info, syntheticValues(BATCH))));
  // Random but for the segment, so any order of texts that leaves that out is as good as another.
  return tokens.sort((a, b) => (a.slice(-20) < b.slice(-20) ? -1 : 1)).slice(0, count);
}

/** A token as the database holds it. */
export function storedToken(text: string): Buffer {
  return decodeId('tok', text, TOKEN_BYTES);
}
