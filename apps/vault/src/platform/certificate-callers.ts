import type { TLSSocket } from 'node:tls';
import { type Caller, process } from '@integument/authz';
import type { CallerResolver, HttpRequest } from '@integument/http';

const API = 'URI:spiffe://integument/api';

/**
 * The API's process, by its client certificate. TLS has checked the chain before a byte of the request was read; this
 * asks whose certificate it is, since another process of ours may have one from the same authority.
 */
export class CertificateCallers implements CallerResolver {
  // One object for all requests: its abilities are worked out once.
  readonly #api = process({ name: 'api' });
  /** Whose certificate a connection has stays the same, and reading it takes longer than all else that a request is asked first. */
  readonly #known = new WeakMap<TLSSocket, Caller | null>();

  resolve(request: HttpRequest): Caller | null {
    const socket = request.raw.socket as TLSSocket;
    if (!socket.authorized) return null;
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const caller = this.callerOn(socket);
    this.#known.set(socket, caller);
    return caller;
  }

  peek(request: HttpRequest): Caller | null {
    return this.resolve(request);
  }

  private callerOn(socket: TLSSocket): Caller | null {
    const names = (socket.getPeerCertificate().subjectaltname ?? '').split(', ');
    return names.includes(API) ? this.#api : null;
  }
}
