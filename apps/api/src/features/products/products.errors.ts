import { CodedError } from '@integument/contracts';

export const cursorInvalid = () => new CodedError('request.invalid', 400, 'The cursor is not one of ours.');
