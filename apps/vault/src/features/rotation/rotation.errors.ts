import { CodedError, notFound } from '@integument/contracts';

export const rotating = () => new CodedError('keys.rotating', 409, 'This key is being rotated already.');
export const rotationNotFound = () => notFound('keys.rotation_not_found');
