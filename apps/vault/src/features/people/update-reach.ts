import { type Caller, type Regions, reaches } from '@integument/authz';
import { type BodyOf, readPerson, updatePerson } from '@integument/contracts';
import type { RulesInForce } from '@integument/http';

/** What the stored rules leave of an update. */
export interface UpdateReach {
  /** of whom anything may be changed */
  readonly regions: Regions;
  /** who may be moved, and whither */
  readonly moves: Regions;
  /** of whom masks may be shown; false: of nobody, as things are */
  readonly shown: Regions | false;
}

const MOVED = ['read', 'update', 'reveal', 'erase'].map((action) => ({ action, resource: 'Person' }));
const READ = readPerson.ability ?? { action: 'read', resource: 'Person' };

/** Decided before the transaction. @throws CodedError `auth.forbidden` where no update may be */
export async function updateReach(
  rules: RulesInForce,
  caller: Caller,
  { region }: BodyOf<typeof updatePerson>,
): Promise<UpdateReach> {
  const book = await rules.book();
  const regions = rules.reachUnder(book, caller, updatePerson, {});
  const read = book.ruling(caller, READ, {}, rules.now());
  return {
    regions,
    // Looks through all reveal policies: not for those who move nobody.
    moves: region === undefined ? [] : book.moves(caller, MOVED),
    shown: read.refusedBy.length === 0 && read.regions,
  };
}

export function mayBeShown({ shown }: UpdateReach, region: string | null): boolean {
  return shown !== false && reaches(shown, region);
}
