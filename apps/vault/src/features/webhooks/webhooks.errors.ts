import { CodedError, notFound } from '@integument/contracts';

export const webhookNotFound = () => notFound('webhooks.not_found');
export const webhookClientNotFound = () => notFound('clients.not_found');
export const notIdentity = () =>
  new CodedError(
    'webhooks.not_identity',
    409,
    'Only identity clients are told: nobody else has names for people.',
  );
export const targetRefused = (cause: unknown) =>
  new CodedError(
    'webhooks.target_refused',
    400,
    'Webhooks go to https on the public Internet, port 443 or 8443, to a full name or public address, without a password or a fragment.',
    { cause },
  );
export const webhookOff = () =>
  new CodedError('webhooks.off', 409, 'This webhook is switched off. Put it again first.');
