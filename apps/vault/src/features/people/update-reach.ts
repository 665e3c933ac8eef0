import { type Caller, type Regions, reaches } from '@integument/authz';
import { type BodyOf, RULED_ABILITIES, readPerson, updatePerson } from '@integument/contracts';
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

/** Where somebody lives decides about all of these: whoever is held to regions in one of them moves nobody into its reach. */
const MOVED = Object.entries(RULED_ABILITIES.vault).flatMap(([name, asked]: [string, readonly string[]]) => {
  const [action = '', resource = ''] = name.split(' ');
  // Enrolled they are once, where they live then.
  return asked.includes('region') && action !== 'enrol' ? [{ action, resource }] : [];
});
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
