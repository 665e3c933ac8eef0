import { type Asker, by } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import type { TokenHolder } from './sealed-token.js';
import { tokensMade } from './tokens.audit.js';
import type { WantedToken } from './wanted-token.js';

type Entry = ReturnType<typeof tokensMade>;

/** One entry for what is nobody's, and one for each person. */
export function madeEntries(
  asker: Asker,
  made: readonly { readonly wanted: WantedToken; readonly holder: TokenHolder | null }[],
): Entry[] {
  return grouped(made, ({ holder }) => holder?.subject.toString('latin1') ?? '').map((some) => {
    const wanted = some.map((one) => one.wanted);
    return madeEntry(asker, wanted, some[0]?.holder?.subject ?? null);
  });
}

export function madeEntry(asker: Asker, wanted: readonly WantedToken[], subject: Buffer | null): Entry {
  return tokensMade({
    ...by(asker),
    ...(subject && { subject }),
    fields: [...new Set(wanted.map(({ field }) => field.name))],
    count: wanted.length,
    details: { types: [...new Set(wanted.map(({ type }) => type))] },
  });
}
