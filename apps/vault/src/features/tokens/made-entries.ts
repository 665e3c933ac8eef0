import { bytesKey } from '@integument/crypto';
import { type Asker, by } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import { entriesAbout } from './entries-about.js';
import type { TokenHolder } from './sealed-token.js';
import { tokensMade } from './tokens.audit.js';
import type { WantedToken } from './wanted-token.js';

type Entry = ReturnType<typeof tokensMade>;

/** One entry for what is nobody's, and one for each person. */
export function madeEntries(
  asker: Asker,
  made: readonly { readonly wanted: WantedToken; readonly holder: TokenHolder | null }[],
): Entry[] {
  const groups = grouped(made, ({ holder }) => (holder ? bytesKey(holder.subject) : '')).map((some) => ({
    subject: some[0]?.holder?.subject ?? null,
    facts: factsOf(some.map(({ wanted }) => wanted)),
  }));
  return entriesAbout(groups, (facts, subject) => entryOf(asker, facts, subject));
}

export function madeEntry(asker: Asker, wanted: readonly WantedToken[], subject: Buffer | null): Entry {
  return entryOf(asker, factsOf(wanted), subject);
}

function factsOf(wanted: readonly WantedToken[]) {
  return {
    fields: [...new Set(wanted.map(({ field }) => field.name))],
    count: wanted.length,
    types: [...new Set(wanted.map(({ type }) => type))],
    known: wanted.filter(({ stored }) => stored).length,
  };
}

function entryOf(
  asker: Asker,
  { types, known, ...facts }: ReturnType<typeof factsOf>,
  subject: Buffer | null,
): Entry {
  return tokensMade({
    ...by(asker),
    ...(subject && { subject }),
    ...facts,
    details: { types, ...(known > 0 && { known }) },
  });
}
