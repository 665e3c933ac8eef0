import { CodedError, notFound } from '@integument/contracts';

export const sessionUnknown = () => notFound('permits.session_unknown');
export const staleEpoch = () =>
  new CodedError('permits.stale_epoch', 409, 'A later change of this permit came first.');
export const personErased = () =>
  new CodedError('permits.person_erased', 410, 'They were erased, or are being erased.');
