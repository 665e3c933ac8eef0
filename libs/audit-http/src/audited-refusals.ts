import { type Action, type AuditLog, defineAction } from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import { actorOf, type Refusal, type RefusalLog } from '@integument/http';

/** Writes refusals to the app's audit log, each under its route's name, in a transaction of its own. */
export class AuditedRefusals implements RefusalLog {
  readonly #actions = new Map<string, Action>();

  constructor(
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async refused({ caller, route, code, requestId }: Refusal): Promise<void> {
    const entry = this.action(route?.id ?? 'request.unknown_route')({
      outcome: 'refused',
      code,
      actor: actorOf(caller),
      requestId,
    });
    await this.unitOfWork.single((tx) => this.audit.append(tx, entry));
  }

  private action(id: `${string}.${string}`): Action {
    const known = this.#actions.get(id);
    if (known) return known;
    const action = defineAction(id);
    this.#actions.set(id, action);
    return action;
  }
}
