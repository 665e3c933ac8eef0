import { CodedError, notFound } from '@integument/contracts';

export const staffNotFound = () => notFound('staff.not_found');
export const staffKnown = () =>
  new CodedError('staff.known', 409, 'This account is staff already. Change its roles instead.');
export const ofFile = () =>
  new CodedError('staff.of_file', 409, 'The registry file says who this is: only the operator changes it.');
export const issuerUnknown = () =>
  new CodedError('staff.issuer_unknown', 400, 'No provider of this issuer may have staff.');
export const ownRoles = () => new CodedError('staff.own_roles', 403, 'Nobody changes their own roles.');
