import type { Actor } from '@integument/audit-log';
import { type Caller, callerId } from '@integument/authz';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from './request.js';

/** Who asks, in which request: what a service needs for its decision and its audit entry. */
export interface Asker<C extends Caller = Caller> {
  readonly caller: C;
  readonly requestId: string;
}

/** Yields the {@link Asker}; only for routes that nobody unknown can call. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const { caller, id } = context.switchToHttp().getRequest<HttpRequest>();
  if (!caller) throw new Error('@AskedBy() on a public route');
  return { caller, requestId: id };
});

/** How the audit log names a caller. */
export function actorOf(caller: Caller): Actor {
  const actor = { kind: caller.kind, id: callerId(caller) };
  return caller.kind === 'staff' ? { ...actor, roles: caller.roles } : actor;
}

/** The facts of an audit entry that come from who asked: for something that was done. */
export function by({ caller, requestId }: Asker) {
  return { outcome: 'done', actor: actorOf(caller), requestId } as const;
}
