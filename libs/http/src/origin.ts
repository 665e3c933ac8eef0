import type { Caller } from '@integument/authz';
import { CodedError } from '@integument/contracts';
import type { HttpRequest } from './request.js';

/** RFC 9110, section 9.2.1: methods that change nothing. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Cross-site request forgery. A browser adds cookies by itself, and an Origin to every unsafe request, which a page can't
 * forge. So an unsafe request of a cookie's owner must name an allowed origin; and one that names another is refused
 * whoever sends it, which also covers the routes that make a session (somebody else's, in the victim's browser).
 * @throws {CodedError} `auth.origin`
 */
export function checkOrigin(request: HttpRequest, caller: Caller | null, allowed: ReadonlySet<string>): void {
  if (SAFE.has(request.method)) return;
  const { origin } = request.headers;
  const byCookie = caller?.kind === 'person' || caller?.kind === 'staff';
  if (origin === undefined ? !byCookie : allowed.has(origin)) return;
  throw new CodedError('auth.origin', 403, 'Requests from this origin are not accepted.');
}
