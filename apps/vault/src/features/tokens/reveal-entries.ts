import type { CodedError, Predicate } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import { type Asker, by } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import type { TokenField } from '../catalogue/index.js';
import { POLICIES_NAMED, type RevealWish } from '../reveals/index.js';
import { entriesAbout } from './entries-about.js';
import type { KeptToken, TokenHolder } from './sealed-token.js';
import { revealRefusedInBatch, tokenAsked, tokensRevealed } from './tokens.audit.js';

/** A token whose value may be told. */
export interface AllowedReveal {
  readonly kept: KeptToken;
  readonly field: TokenField;
  readonly holder: TokenHolder | null;
  readonly policies: readonly string[];
}

interface Asked {
  readonly asker: Asker;
  readonly wish: RevealWish;
  readonly question?: Predicate | undefined;
  readonly eachForItself: boolean;
}

type Entry = ReturnType<typeof revealRefusedInBatch | typeof tokenAsked | typeof tokensRevealed>;

/**
 * What the log says of a request: one entry for what is nobody's, one for each person, so that each can be told who used their data, and one
 * for each kind of refusal in a batch, since the batch itself is none.
 */
export function revealEntries(
  { asker, wish, question, eachForItself }: Asked,
  decided: readonly (AllowedReveal | CodedError)[],
): Entry[] {
  const allowed = decided.flatMap((one) => ('kept' in one ? [one] : []));
  const said = grouped(allowed, ({ holder }) => (holder ? bytesKey(holder.subject) : '')).map((some) => ({
    subject: some[0]?.holder?.subject ?? null,
    facts: factsOf(some),
  }));
  const entries = entriesAbout(said, (facts, subject) =>
    doneEntry({ asker, wish, question, eachForItself }, facts, subject),
  );
  // Where it is the request that is refused, that is written down as such.
  if (!eachForItself) return entries;
  const refused = decided.flatMap((one) => ('kept' in one ? [] : [one.code]));
  return [
    ...entries,
    ...grouped(refused, (code) => code).map((codes) =>
      refusedEntry(asker, wish, codes[0] ?? '', codes.length),
    ),
  ];
}

function factsOf(some: readonly AllowedReveal[]) {
  return {
    fields: [...new Set(some.map(({ field }) => field.name))],
    count: some.length,
    policies: [...new Set(some.flatMap((one) => one.policies))].slice(0, POLICIES_NAMED),
  };
}

function doneEntry(
  { asker, wish: { purpose, reason, form }, question }: Asked,
  { policies, ...what }: ReturnType<typeof factsOf>,
  subject: Buffer | null,
): Entry {
  const facts = { ...by(asker), ...(subject && { subject }), purpose, reason, ...what };
  if (question) return tokenAsked({ ...facts, details: { predicate: question.predicate, policies } });
  return tokensRevealed({ ...facts, details: { form, policies } });
}

function refusedEntry(asker: Asker, { purpose, reason }: RevealWish, code: string, count: number): Entry {
  return revealRefusedInBatch({ ...by(asker), outcome: 'refused', code, purpose, reason, count });
}
