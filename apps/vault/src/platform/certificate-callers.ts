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

  resolve(request: HttpRequest): Caller | null {
    const socket = request.raw.socket as TLSSocket;
    if (!socket.authorized) return null;
    const names = (socket.getPeerCertificate().subjectaltname ?? '').split(', ');
    return names.includes(API) ? this.#api : null;
  }

  peek(request: HttpRequest): Caller | null {
    return this.resolve(request);
  }
}
