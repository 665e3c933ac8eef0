import type { EntryDraft } from '@integument/audit-log';
import { grouped } from '../../platform/grouped.js';

/** What an operation says of one person, or of what is nobody's. */
interface Said<Facts> {
  readonly subject: Buffer | null;
  readonly facts: Facts;
}

/**
 * An entry for each. Of a thousand people a batch mostly says the same, and checking it a thousand times takes as long as sealing their
 * values does: each thing that is said is checked once.
 */
export function entriesAbout<Facts>(
  said: readonly Said<Facts>[],
  entry: (facts: Facts, subject: Buffer | null) => EntryDraft,
): EntryDraft[] {
  return grouped(said, ({ facts, subject }) => JSON.stringify([facts, subject === null])).flatMap((same) => {
    const [first] = same;
    if (!first) return [];
    const draft = entry(first.facts, first.subject);
    const subjects = same.flatMap(({ subject }) => subject ?? []);
    return subjects.length > 1 ? draft.aboutEach(subjects) : draft;
  });
}
