import type { Caller, RuleBook } from '@integument/authz';
import type { RouteContract } from '@integument/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Admission } from './admission.js';
import type { ParsedInput } from './input.js';
import type { Lease } from './leases/lease.js';
import type { Provenance } from './provenance.js';

/** Marks a route of the platform itself (health, documents): open, and without a contract. Only this library sets it. */
export const PLATFORM_ROUTE = Symbol('integument.platform-route');

declare module 'fastify' {
  interface FastifyInstance {
    provenance: Provenance;
    admission: Admission;
  }
  interface FastifyRequest {
    /** Who asks; null where nobody was needed, or nobody is known yet. */
    caller: Caller | null;
    /** How long the caller may be believed; null where nothing was looked up for it. */
    lease: Lease<Caller> | null;
    /** Whether the caller's token came with a proof of the key that it is bound to (RFC 9449). */
    proved: boolean;
    /** The version of the stored rules under which it was let in; null where none could narrow it. */
    ruledBy: RuleBook | null;
    /** The contract under which the request was let in. Null means it was not. */
    admitted: RouteContract | null;
    /** What the contract made of params, query and body; null until the request was found to fit. */
    input: ParsedInput | null;
    /** The body's bytes as they came, kept only where the request has an Idempotency-Key. */
    rawBody: Buffer | undefined;
  }
  interface FastifyContextConfig {
    contract?: RouteContract;
    [PLATFORM_ROUTE]?: true;
  }
}

export type HttpRequest = FastifyRequest;
export type HttpReply = FastifyReply;

/** The contract of the matched route; undefined for unknown routes and those of the platform. */
export function contractOf(request: HttpRequest): RouteContract | undefined {
  return request.routeOptions?.config?.contract;
}
