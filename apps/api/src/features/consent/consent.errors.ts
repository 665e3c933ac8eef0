import {
  CodedError,
  type LawfulGround,
  notFound,
  type PurposeName,
  purposeNamed,
} from '@integument/contracts';

export const notGiven = () => notFound('consent.not_given');
export const objected = () =>
  new CodedError('consent.objected', 409, 'They objected to this. Only a yes of their own lets it go on.');
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
