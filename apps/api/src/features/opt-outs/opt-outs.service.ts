import { randomUUID } from 'node:crypto';
import type { AuditLog } from '@integument/audit-log';
import {
  type EventChannel,
  OPT_OUTS,
  type OptOutKind,
  type OptOutView,
  type PurposeName,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';
import type { KnownPermits, OptOutClocks, TakingBack } from '../consent/index.js';
import type { Gate, PermitsStore } from '../permits/index.js';
import type { OfferedPurpose, Register } from '../register/index.js';
import { optOutMade, optOutsRead } from './opt-outs.audit.js';

/** Which purposes an opt-out stops: those whose data third parties get, and those for which nobody comes here. */
const CONCERNED: Readonly<Record<OptOutKind, (purpose: OfferedPurpose) => boolean>> = {
  'sale-or-sharing': ({ recipients }) => recipients.some(({ role }) => role === 'controller'),
  'limit-use': ({ article9, isAsked }) => article9 !== null && !isAsked,
};

/** Opt-outs of several purposes at once. Here nothing begins before a yes, so that each is a no to all of them that stands. */
export class OptOuts {
  constructor(
    private readonly register: Register,
    private readonly permits: KnownPermits,
    private readonly gates: PermitsStore,
    private readonly takingBack: TakingBack,
    private readonly clocks: OptOutClocks,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async list(asker: Asker<ApiPerson>): Promise<OptOutView[]> {
    const gates = await this.gatesOf(asker);
    return this.unitOfWork.run(async (tx) => {
      await this.audit.append(tx, optOutsRead(by(asker)));
      return this.views(tx, gates, OPT_OUTS);
    });
  }

  /** @returns how all of them stand then */
  async make(asker: Asker<ApiPerson>, kind: OptOutKind, channel: EventChannel): Promise<OptOutView> {
    const purposes = this.concerned(kind);
    await this.unitOfWork.run((tx) =>
      this.audit.append(tx, optOutMade({ ...by(asker), count: purposes.length, details: { kind, channel } })),
    );
    for (const purpose of purposes) await this.takingBack.optOut(apart(asker), purpose, kind, channel);
    const gates = await this.gatesOf(asker);
    const [view] = await this.unitOfWork.run((tx) => this.views(tx, gates, [kind]));
    return view ?? { kind, purposes: [] };
  }

  /** Global Privacy Control: the browser says no for whoever uses it. What they have said no to before stays as it is. */
  async heed(asker: Asker<ApiPerson>): Promise<void> {
    const purposes = this.concerned('sale-or-sharing');
    if (purposes.length === 0) return;
    const gates = await this.gatesOf(asker);
    const isStopped = (purpose: PurposeName) =>
      stateOf(gates.find((gate) => gate.purpose === purpose)) === 'stopped';
    if (!purposes.every(isStopped)) await this.make(asker, 'sale-or-sharing', 'signal');
  }

  private async views(tx: Tx, gates: readonly Gate[], kinds: readonly OptOutKind[]): Promise<OptOutView[]> {
    const clocks = await this.clocks.findOf(
      tx,
      gates.map(({ gate_id }) => gate_id),
    );
    return kinds.map((kind) => ({
      kind,
      purposes: this.concerned(kind).map((purpose) => {
        const gate = gates.find((one) => one.purpose === purpose);
        const clock = clocks.find((one) => one.kind === kind && gate?.gate_id.equals(one.gate_id));
        const stands = gate && clock && stateOf(gate) === 'stopped' ? clock : undefined;
        return {
          purpose,
          state: stateOf(gate),
          dueOn: stands?.due_on ?? null,
          doneOn: stands?.done_on ?? null,
          notAskedBefore: stands?.not_asked_before ?? null,
        };
      }),
    }));
  }

  private concerned(kind: OptOutKind): PurposeName[] {
    return this.register.document.purposes.filter(CONCERNED[kind]).map(({ name }) => name);
  }

  private async gatesOf({ caller }: Asker<ApiPerson>): Promise<Gate[]> {
    const { permits, declined } = await this.permits.allInVault(caller);
    const ids = [...permits, ...declined].map(({ gate }) => decodeId('gat', gate));
    return this.unitOfWork.single((tx) => this.gates.findMany(tx, ids));
  }
}

/** Under the request's own name the entries of two purposes would be one person's to whoever reads the log. */
function apart(asker: Asker<ApiPerson>): Asker<ApiPerson> {
  return { ...asker, requestId: randomUUID() };
}

function stateOf(gate: Gate | undefined): OptOutView['purposes'][number]['state'] {
  if (!gate || gate.state === 'destroyed') return 'none';
  return gate.state === 'open' || gate.state === 'opening' ? 'allowed' : 'stopped';
}
