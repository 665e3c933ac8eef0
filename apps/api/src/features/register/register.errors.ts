import { CodedError, notFound } from '@integument/contracts';

export const noticeUnknown = () => notFound('register.notice_unknown');
export const versionUnknown = () => notFound('register.version_unknown');
export const noticeNotOffered = () =>
  new CodedError(
    'consent.notice_not_current',
    422,
    'This is no notice of this purpose, or no longer: read the current one, and agree to that.',
  );
