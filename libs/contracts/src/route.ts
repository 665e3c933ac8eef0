import type { z } from 'zod';
import type { RouteClass } from './route-class.js';

/** Who may call at all. What they then may do is decided by the abilities of the app. */
export type Audience = 'public' | 'person' | 'staff' | 'identity-client' | 'health-client' | 'api-process';

type Schema = z.ZodType;

/**
 * One route, declared once. Validation, reply stripping, types, the guard's question and the OpenAPI document all come
 * from here.
 */
export interface RouteContract<
  Params extends Schema | undefined = Schema | undefined,
  Query extends Schema | undefined = Schema | undefined,
  Body extends Schema | undefined = Schema | undefined,
  Reply extends Schema | undefined = Schema | undefined,
> {
  /** `resource.action`, also the action's name in the audit log: `people.reveal` */
  readonly id: `${string}.${string}`;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** with Fastify placeholders: `/v1/people/:person`; a `*` at the end takes the rest, as the parameter `*` */
  readonly path: string;
  readonly summary: string;
  readonly tag: string;
  readonly audience: readonly Audience[];
  /** Asked of CASL by the guard: may the caller do `action` to any `resource`? */
  readonly ability?: { readonly action: string; readonly resource: string };
  /**
   * Staff get in without having used a second factor in this session. Only for what leads to one, says that it is missing, or
   * ends the session: everything else refuses them.
   */
  readonly factor?: 'optional';
  /** Staff must have used a second factor within the last five minutes. */
  readonly stepUp?: true;
  /** Clients, whichever they are, must prove the key that their token is bound to (RFC 9449). */
  readonly dpop?: true;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** The body comes as a form and no other way: where a standard says so. */
  readonly form?: true;
  /** The body comes as lines of JSON (NDJSON), any number of them, and is read as it comes: each is checked where it is used. */
  readonly lines?: true;
  /** Success status; 200 when absent. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly reply?: Reply;
  /** Media types of what is streamed where the reply is no JSON; then there is no `reply`. */
  readonly media?: readonly string[];
  /** Coded refusals that this route can give beyond the general ones. */
  readonly problems?: readonly string[];
  /** Which allowance requests are taken from, where `routeClassOf` would say another. */
  readonly routeClass?: Exclude<RouteClass, 'internal'>;
  /** Largest body in bytes; 1 MiB when absent. */
  readonly bodyLimit?: number;
  /** A refusal to a known caller is not written to the audit log (what strangers cause through us). */
  readonly unaudited?: true;
}

/** Identity function that keeps the literal types. */
export function defineRoute<
  const Params extends Schema | undefined = undefined,
  const Query extends Schema | undefined = undefined,
  const Body extends Schema | undefined = undefined,
  const Reply extends Schema | undefined = undefined,
>(route: RouteContract<Params, Query, Body, Reply>): RouteContract<Params, Query, Body, Reply> {
  return route;
}

type Output<S> = S extends Schema ? z.output<S> : undefined;
export type BodyOf<R extends RouteContract> =
  R extends RouteContract<infer _P, infer _Q, infer B, infer _R> ? Output<B> : never;
export type ReplyOf<R extends RouteContract> =
  R extends RouteContract<infer _P, infer _Q, infer _B, infer Y>
    ? Y extends Schema
      ? z.input<Y>
      : undefined
    : never;
export type ParamsOf<R extends RouteContract> =
  R extends RouteContract<infer P, infer _Q, infer _B, infer _R> ? Output<P> : never;
export type QueryOf<R extends RouteContract> =
  R extends RouteContract<infer _P, infer Q, infer _B, infer _R> ? Output<Q> : never;
/** What a caller of the route gets, once it has checked the reply by the contract. */
export type AnswerOf<R extends RouteContract> =
  R extends RouteContract<infer _P, infer _Q, infer _B, infer Y> ? Output<Y> : never;
