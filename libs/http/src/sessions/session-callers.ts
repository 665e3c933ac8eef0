import type { Caller } from '@integument/authz';
import { CodedError } from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import { unauthenticated } from '../admission.js';
import type { CallerResolver } from '../callers.js';
import type { HttpRequest } from '../request.js';
import { isSessionSecret, type SessionCookieFormat } from './session-cookie.js';
import { type Clocks, type Lease, SessionLeases } from './session-leases.js';

export interface SessionFinder<Found extends Caller = Caller> {
  /** In one statement. @returns who the cookie's secret, lets in; null for a malformed, unknown or ended one */
  find(tx: Tx, secret: string): Promise<Found | null>;
  /** Whether a use of the session is to be noted, where finding it does not do that. */
  isUseDue?(caller: Found): boolean;
  noteUse?(tx: Tx, caller: Found): Promise<void>;
}

const TRIES = 3;

/** People and staff, by the cookie of their session. */
export class SessionCallers implements CallerResolver {
  readonly #leases: SessionLeases;

  constructor(
    private readonly cookies: SessionCookieFormat,
    private readonly sessions: SessionFinder,
    private readonly unitOfWork: UnitOfWork,
    clocks?: Clocks,
  ) {
    this.#leases = new SessionLeases((secret, begin) => this.look(secret, begin), clocks);
  }

  resolve(request: HttpRequest): Caller | null | Promise<Caller | null> {
    const secret = this.cookies.read(request);
    if (secret === undefined) return null;
    const lease = this.#leases.get(secret);
    if (lease) return letIn(request, lease);
    // Before a connection is waited for, and before it is kept in memory, however long it is.
    if (!isSessionSecret(secret)) throw unauthenticated(request);
    return this.find(secret, request);
  }

  private async look(secret: string, begin: () => void): Promise<Caller | null> {
    const caller = await this.unitOfWork.single((tx) => {
      begin();
      return this.sessions.find(tx, secret);
    });
    if (caller && this.sessions.isUseDue?.(caller)) {
      await this.unitOfWork.single(async (tx) => this.sessions.noteUse?.(tx, caller));
    }
    return caller;
  }

  private async find(secret: string, request: HttpRequest): Promise<Caller> {
    for (let tries = 0; tries < TRIES; tries++) {
      const lease = await this.#leases.ask(secret);
      if (!lease.caller || lease.holds()) return letIn(request, lease);
    }
    // Each answer was too old when it came: the session may have ended meanwhile.
    throw new CodedError('sessions.unavailable', 503, 'Sessions cannot be looked up just now. Try again.', {
      headers: { 'retry-after': '1' },
    });
  }
}

function letIn(request: HttpRequest, lease: Lease): Caller {
  if (!lease.caller) throw unauthenticated(request);
  request.lease = lease;
  return lease.caller;
}
