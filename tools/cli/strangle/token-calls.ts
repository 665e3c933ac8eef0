import { createHash } from 'node:crypto';
import { describeToken, makeTokens, removeTokens } from '@integument/contracts';
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

/** No field has a value like it. */
const NO_VALUE = 'x';

/** What is wanted of a value, whichever it is. */
export type FieldWish = Pick<TokenWish, 'domain' | 'field' | 'type'>;

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
  wish: FieldWish & { readonly expiresAt?: string },
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
 * Asks whether there are such field, type and domain.
 * @throws {Failure}
 */
export async function checkWish(vault: Vault, wish: FieldWish): Promise<void> {
  const code = await wishRefusal(vault, wish);
  if (code !== undefined) refuseWish(code, wish.field);
}

/** Whether the vault makes such tokens; of a field, type and domain that it knows, that is. */
export async function isAllowed(vault: Vault, wish: FieldWish): Promise<boolean> {
  return (await wishRefusal(vault, wish)) !== 'tokens.type_not_allowed';
}

/**
 * Whether such tokens are the encrypted values, and nothing is kept of either: then every text of the format stands for a value,
 * and the vault says of any other that it is no token, where it looks for those that it keeps.
 */
export async function areEncrypted(vault: Vault, { field, type, domain }: FieldWish): Promise<boolean> {
  if (type !== 'format-preserving') return false;
  const token = { token: NO_VALUE, field, ...(domain !== undefined && { domain }) };
  try {
    await vault.call(describeToken, { body: JSON.stringify({ token }) });
    return false;
  } catch (error) {
    if (!(error instanceof Refusal) || !/^tokens\.(?:malformed|not_found)$/.test(error.code)) throw error;
    return error.code === 'tokens.malformed';
  }
}

/**
 * Why no tokens can be made of values, by their places, as far as that is known before any is made. Nothing is made by it: all or
 * none, and the last entry has not even the form of one.
 */
export async function refusedAlone(
  vault: Vault,
  values: readonly string[],
  wish: FieldWish,
): Promise<ReadonlyMap<number, string>> {
  const refused = new Map<number, string>();
  while (refused.size < values.length) {
    const places = [...values.keys()].filter((at) => !refused.has(at));
    const named = await namedIn(
      vault,
      places.map((at) => ({ ...wish, value: values[at] })),
    );
    for (const [place, code] of named) {
      refuseWish(code, wish.field);
      refused.set(places[place] ?? -1, code);
    }
    // Twenty are named at a time.
    if (named.size === 0) break;
  }
  return refused;
}

async function wishRefusal(vault: Vault, wish: FieldWish): Promise<string | undefined> {
  const code = (await namedIn(vault, [{ ...wish, value: NO_VALUE }])).get(0);
  return code !== undefined && WRONG_WISH.has(code) ? code : undefined;
}

/** The first entries that could not be made, by their places. */
async function namedIn(vault: Vault, entries: readonly object[]): Promise<Map<number, string>> {
  const body = JSON.stringify({ atomic: true, values: [...entries, {}] });
  try {
    await vault.call(makeTokens, { body });
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 400) throw error;
    const named = new Map(error.problem?.errors?.map(({ path, rule }) => [placeIn(path), rule]));
    // Without any the request was refused for something else, and nothing is known of its values.
    if (named.size === 0 || named.has(undefined)) throw error;
    return new Map(
      [...named].flatMap(([at, rule]) => (at === undefined || at === entries.length ? [] : [[at, rule]])),
    );
  }
  throw new Failure('the vault made tokens where it could make none');
}

function placeIn(path: string): number | undefined {
  const [, place] = /^body\.values\.(\d+)$/.exec(path) ?? [];
  return place === undefined ? undefined : Number(place);
}

function refuseWish(code: string, field: string): void {
  if (WRONG_WISH.has(code))
    throw new Failure(`the vault makes no such tokens of the field “${field}” (${code})`);
}
