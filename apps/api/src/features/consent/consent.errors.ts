import {
  CodedError,
  type EventChannel,
  type LawfulGround,
  notFound,
  type PurposeName,
  purposeNamed,
} from '@integument/contracts';
import { type ApiPerson, isOpenTo } from '../../platform/callers.js';

export const notGiven = () => notFound('consent.not_given');
export const objected = () =>
  new CodedError('consent.objected', 409, 'They objected to this. Only a yes of their own lets it go on.');
export const underAge = (cause: unknown) =>
  new CodedError(
    'consent.under_age',
    403,
    'They are too young to agree by themselves: who answers for them has to.',
    { cause },
  );
export const notGuarded = (cause?: unknown) =>
  new CodedError('consent.not_guarded', 403, 'The guardianship is over, or is not for this purpose.', {
    cause,
  });
export const childSaidNo = () =>
  new CodedError(
    'consent.child_said_no',
    409,
    'The child has said no to this itself, and nobody says yes in its place.',
  );
const otherGround = () =>
  new CodedError(
    'consent.other_ground',
    409,
    'This purpose rests on another ground: see what /v1/purposes says of it.',
  );

/** @throws CodedError `consent.other_ground` where the purpose is declared on another */
export function demandGround(purpose: PurposeName, ground: LawfulGround): void {
  if (purposeNamed(purpose).ground !== ground) throw otherGround();
}

/** @throws CodedError `consent.not_guarded` where the session is a child's, and who answers for it does not for this purpose */
export function demandOpenTo(caller: ApiPerson, purpose: PurposeName): void {
  if (!isOpenTo(caller, purpose)) throw notGuarded();
}

/** How it came here: of who answers for a child that, whatever they say. */
export function channelOf({ guardian }: ApiPerson, said: EventChannel): EventChannel {
  return guardian ? 'guardian' : said;
}
