import { CodedError, notFound } from '@integument/contracts';

export const permitNotFound = () => notFound('permits.not_found');
export const permitClosed = () =>
  new CodedError('permits.closed', 403, 'There is no leave to process this data for this purpose now.');
export const permitMissing = () =>
  new CodedError('permits.header_missing', 400, 'Name the permit in the Integument-Permit header.');
