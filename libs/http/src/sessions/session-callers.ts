import type { Caller } from '@integument/authz';
import type { Tx, UnitOfWork } from '@integument/database';
import { unauthenticated } from '../admission.js';
import type { CallerResolver } from '../callers.js';
import { type Clocks, type Lease, SESSION_LEASE_MS } from '../leases/lease.js';
import { Leases } from '../leases/leases.js';
import type { HttpRequest } from '../request.js';
import { andThen } from '../soon.js';
import { isSessionSecret, type SessionCookieFormat } from './session-cookie.js';

export interface SessionFinder<Found extends Caller = Caller> {
  /** In one statement. @returns who the cookie's secret lets in; null for a malformed, unknown or ended one */
  find(tx: Tx, secret: string): Promise<Found | null>;
  /** Whether a use of the session is to be noted, where finding it does not do that. */
  isUseDue?(caller: Found): boolean;
  noteUse?(tx: Tx, caller: Found): Promise<void>;
}

/** People and staff, by the cookie of their session. */
export class SessionCallers implements CallerResolver {
  readonly #leases: Leases<Caller>;

  constructor(
    private readonly cookies: SessionCookieFormat,
    private readonly sessions: SessionFinder,
    private readonly unitOfWork: UnitOfWork,
    clocks?: Clocks,
  ) {
    this.#leases = new Leases({
      ms: SESSION_LEASE_MS,
      look: (secret, lease) => this.look(secret, lease),
      code: 'sessions.unavailable',
      ...(clocks && { clocks }),
    });
  }

  resolve(request: HttpRequest): Caller | null | Promise<Caller | null> {
    const secret = this.cookies.read(request);
    if (secret === undefined) return null;
    // Before a connection is waited for, and before it is kept in memory, however long it is.
    if (!isSessionSecret(secret)) throw unauthenticated(request);
    return andThen(this.#leases.hold(secret), (lease) => letIn(request, lease));
  }

  private async look(secret: string, lease: Lease<Caller>): Promise<Caller | null> {
    const caller = await this.unitOfWork.single((tx) => {
      lease.begin();
      return this.sessions.find(tx, secret);
    });
    if (caller && this.sessions.isUseDue?.(caller)) {
      await this.unitOfWork.single(async (tx) => this.sessions.noteUse?.(tx, caller));
    }
    return caller;
  }
}

function letIn(request: HttpRequest, lease: Lease<Caller>): Caller {
  if (!lease.found) throw unauthenticated(request);
  request.lease = lease;
  return lease.found;
}
