import { createHash } from 'node:crypto';
import { makeTokens, removeTokens } from '@integument/contracts';
import { decodedOrNull } from '@integument/crypto';
import { Failure } from '../failure.js';
import type { TokenWish } from '../token-wish.js';
import { Refusal, type Vault } from '../vault-client.js';

const TOKEN_BYTES = 21;
/** What is refused so is no fault of a value: the next one would be refused as well. */
const WRONG_WISH = new Set([
  'auth.forbidden',
  'tokens.domain_unknown',
  'tokens.field_unknown',
  'tokens.type_not_allowed',
]);

export type Made = { readonly token: string } | { readonly code: string };

/** Whether a text says by its form and checksum that it is a token. One that keeps its value's format says nothing. */
export function isToken(text: string): boolean {
  return decodedOrNull('tok', text, TOKEN_BYTES) !== null;
}

/**
 * Tokens for the values of a batch, in their order. Sent again after a kill, the same batch gets the same tokens.
 * @param place what the batch is of: table, column, where it begins
 * @throws {Failure} where the vault would refuse every value
 */
export async function tokensFor(
  vault: Vault,
  values: readonly string[],
  wish: Pick<TokenWish, 'domain' | 'field' | 'type'> & { readonly expiresAt?: string },
  place: readonly unknown[],
): Promise<readonly Made[]> {
  if (values.length === 0) return [];
  const body = JSON.stringify({ values: values.map((value) => ({ ...wish, value })) });
  const idempotencyKey = createHash('sha256')
    .update(JSON.stringify(['strangle/v1', ...place, body]))
    .digest('base64url');
  const { results } = await vault.call(makeTokens, { body, idempotencyKey });
  for (const result of results) if ('code' in result) refuseWish(result.code, wish.field);
  return results;
}

export async function removeAll(vault: Vault, tokens: readonly string[]): Promise<void> {
  if (tokens.length > 0) await vault.call(removeTokens, { body: JSON.stringify({ tokens }) });
}

/**
 * Asks whether there are such field, type and domain, in a call that can make nothing: all or none, and one of them has not even
 * the form of a value.
 * @throws {Failure}
 */
export async function checkWish(
  vault: Vault,
  wish: Pick<TokenWish, 'domain' | 'field' | 'type'>,
): Promise<void> {
  const body = JSON.stringify({ atomic: true, values: [{ ...wish, value: 'x' }, {}] });
  try {
    await vault.call(makeTokens, { body });
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 400) throw error;
    const first = error.problem?.errors?.find(({ path }) => path === 'body.values.0');
    if (first) refuseWish(first.rule, wish.field);
  }
}

function refuseWish(code: string, field: string): void {
  if (WRONG_WISH.has(code))
    throw new Failure(`the vault makes no such tokens of the field “${field}” (${code})`);
}
