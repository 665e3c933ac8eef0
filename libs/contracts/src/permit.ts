import { pseudonym } from './ids.js';

/** Names the permit for callers that are not a person's own session. Never in a URL: those are logged. */
export const PERMIT_HEADER = 'integument-permit';
export const permitHeader = pseudonym;

/** What every route that works under a permit may refuse with. */
export const PERMIT_PROBLEMS = [
  'permits.closed',
  'permits.header_missing',
  'permits.not_found',
  'vault.unavailable',
] as const;
