import type { Actor } from '@integument/audit-log';
import { type Caller, callerId } from '@integument/authz';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { type Circumstances, circumstancesOf, fromOf } from './provenance.js';
import type { HttpRequest } from './request.js';

/** Who asks, in which request, from where and under which rules: what a service needs for its decision and its audit entry. */
export interface Asker<C extends Caller = Caller> extends Circumstances {
  readonly caller: C;
}

/** Yields the {@link Asker}; only for routes that nobody unknown can call. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const request = context.switchToHttp().getRequest<HttpRequest>();
  if (!request.caller) throw new Error('@AskedBy() on a public route');
  return askerIn(circumstancesOf(request), request.caller);
});

/** Yields the {@link Circumstances} of a request whose caller becomes known only while it runs: at a sign-in. */
export const AskedIn = createParamDecorator(
  (_: unknown, context: ExecutionContext): Circumstances =>
    circumstancesOf(context.switchToHttp().getRequest<HttpRequest>()),
);

export function askerIn<C extends Caller>(circumstances: Circumstances, caller: C): Asker<C> {
  // Named one by one: copying with `...` is a fifteenth of the time of a small request.
  const { requestId, policy, from } = circumstances;
  return { requestId, policy, caller, from: fromOf(caller, from) };
}

/** How the audit log names a caller. */
export function actorOf(caller: Caller, now: number = Date.now()): Actor {
  const id = callerId(caller);
  if (caller.kind !== 'person' && caller.kind !== 'staff') return { kind: caller.kind, id };
  const { session, authenticatedAt, secondFactorAt } = caller;
  return {
    kind: caller.kind,
    id,
    ...(caller.kind === 'staff' && { roles: caller.roles }),
    ...(session !== id && { session }),
    ...(authenticatedAt && { signInAge: secondsSince(authenticatedAt, now) }),
    ...(secondFactorAt && { factorAge: secondsSince(secondFactorAt, now) }),
    ...(caller.kind === 'person' && caller.guardian && { guardian: true as const }),
  };
}

/** The facts of an audit entry that come from who asked: for something that was done. */
export function by({ caller, requestId, from, policy }: Asker) {
  return { outcome: 'done', actor: actorOf(caller), requestId, from, policy } as const;
}

// A provider's clock may be ahead of ours.
function secondsSince(then: Date, now: number): number {
  return Math.max(0, Math.floor((now - then.getTime()) / 1_000));
}
