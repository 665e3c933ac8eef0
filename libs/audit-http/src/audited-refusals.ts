import { type Action, type AuditLog, defineAction } from '@integument/audit-log';
import type { RouteContract } from '@integument/contracts';
import type { UnitOfWork } from '@integument/database';
import { by, type Refusal, type RefusalLog } from '@integument/http';
import type { StrangerCounts } from './stranger-counts.js';

/** Writes refusals to the app's audit log, each under its route's name, in a transaction of its own. */
export class AuditedRefusals implements RefusalLog {
  readonly #actions = new Map<string, Action>();

  constructor(
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly strangers: StrangerCounts,
  ) {}

  async refused(refusal: Refusal): Promise<void> {
    const { route, code } = refusal;
    const action = this.action(route?.id ?? 'request.unknown_route');
    const entry = action({ ...by(refusal), outcome: 'refused', code });
    await this.unitOfWork.single((tx) => this.audit.append(tx, entry));
  }

  refusedStranger(route: RouteContract | null, code: string): void {
    this.strangers.count(route?.id ?? 'request.unknown_route', code);
  }

  private action(id: `${string}.${string}`): Action {
    const known = this.#actions.get(id);
    if (known) return known;
    const action = defineAction(id);
    this.#actions.set(id, action);
    return action;
  }
}
