import { CodedError } from '@integument/contracts';

export const evidenceGone = () =>
  new CodedError('evidence.gone', 410, 'Nobody can say any more whom this was about.');
