import type { AuditLog } from '@integument/audit-log';
import {
  OPT_OUTS,
  type OptOutChannel,
  type OptOutKind,
  type OptOutMade,
  type OptOutView,
  type PurposeName,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { ApiPerson } from '../../platform/callers.js';
import type { KnownPermits } from '../consent/index.js';
import type { Gate, PermitsStore } from '../permits/index.js';
import type { Register } from '../register/index.js';
import { concernedBy } from './concerned-purposes.js';
import type { OptOutClocks } from './opt-out-clocks.js';
import { type OverdueOptOuts, timesOf } from './opt-out-clocks.store.js';
import type { OptOutNotes } from './opt-out-notes.js';
import type { OptOutStops, Stopped } from './opt-out-stops.js';
import { optOutMade, optOutsRead, overdueRead } from './opt-outs.audit.js';

/** How everything that an opt-out concerns stands after it, and whether the vault has heard of it all. */
interface Made {
  readonly view: OptOutMade;
  readonly confirmed: boolean;
}

/** What of several purposes could be stopped, and why the others couldn't. */
interface Tried {
  readonly stopped: readonly Stopped[];
  readonly failures: readonly unknown[];
}

/** Opt-outs of several purposes at once. Here nothing begins before a yes, so that each is a no to all of them that stands. */
export class OptOuts {
  constructor(
    private readonly register: Register,
    private readonly permits: KnownPermits,
    private readonly gates: PermitsStore,
    private readonly stops: OptOutStops,
    private readonly clocks: OptOutClocks,
    private readonly notes: OptOutNotes,
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

  /** Stops what can be stopped, whatever becomes of the rest; what couldn't be is tried again when they sign in, and said now. */
  async make(asker: Asker<ApiPerson>, kind: OptOutKind, channel: OptOutChannel): Promise<Made> {
    const purposes = this.liveFirst(concernedBy(kind, this.register), asker.caller);
    const { stopped, failures } = await this.stopAll(asker, purposes, kind, channel);
    const note = { session: asker.caller.content.session, kind, onDay: this.clocks.today(), channel };
    await this.unitOfWork.run(async (tx) => {
      const details = { kind, channel, concerned: purposes.length };
      await this.audit.append(tx, optOutMade({ ...by(asker), count: stopped.length, details }));
      await this.notes.add(tx, note);
    });
    const isKept = await this.notes.tell(note);
    if (failures.length > 0) throw failures[0];
    return {
      view: { kind, purposes: stopped.map(({ purpose }) => purpose) },
      confirmed: isKept && stopped.every(({ confirmed }) => confirmed),
    };
  }

  /** Global Privacy Control: the browser says no for whoever uses it. Where they opted out before it stays as it is. */
  async heed(asker: Asker<ApiPerson>): Promise<void> {
    const isKept = asker.caller.content.optOuts?.some(({ kind }) => kind === 'sale-or-sharing');
    const gates = await this.gatesOf(asker);
    const [view] = await this.unitOfWork.run((tx) => this.views(tx, gates, ['sale-or-sharing']));
    const stands = view?.purposes.every(({ state, dueOn }) => state === 'stopped' && dueOn !== null);
    if (!isKept || !stands) await this.make(asker, 'sale-or-sharing', 'signal');
  }

  overdue(asker: Asker): Promise<OverdueOptOuts[]> {
    return this.unitOfWork.run(async (tx) => {
      const overdue = await this.clocks.findOverdue(tx);
      await this.audit.append(tx, overdueRead({ ...by(asker), count: overdue.length }));
      return overdue;
    });
  }

  private async stopAll(
    asker: Asker<ApiPerson>,
    purposes: readonly PurposeName[],
    kind: OptOutKind,
    channel: OptOutChannel,
  ): Promise<Tried> {
    const received = await this.clocks.receive(kind);
    const stopped: Stopped[] = [];
    const failures: unknown[] = [];
    for (const purpose of purposes)
      await this.stops.stop(asker, purpose, received, channel).then(
        (one) => stopped.push(one),
        (error: unknown) => failures.push(error),
      );
    return { stopped, failures };
  }

  /** What the session knows to go on is stopped without anybody else. */
  private liveFirst(purposes: readonly PurposeName[], caller: ApiPerson): PurposeName[] {
    const goesOn = (purpose: PurposeName) => this.permits.inSession(caller, purpose) !== null;
    return [...purposes.filter(goesOn), ...purposes.filter((purpose) => !goesOn(purpose))];
  }

  private async views(tx: Tx, gates: readonly Gate[], kinds: readonly OptOutKind[]): Promise<OptOutView[]> {
    const clocks = await this.clocks.findOf(tx, gates);
    return kinds.map((kind) => ({
      kind,
      purposes: concernedBy(kind, this.register).map((purpose) => {
        const gate = gates.find((one) => one.purpose === purpose);
        const clock = clocks.find((one) => one.kind === kind && gate?.gate_id.equals(one.gate_id));
        const state = stateOf(gate);
        return { purpose, state, ...timesOf(state === 'stopped' ? clock : undefined) };
      }),
    }));
  }

  private async gatesOf({ caller }: Asker<ApiPerson>): Promise<Gate[]> {
    const { permits, declined } = await this.permits.allInVault(caller);
    const ids = [...permits, ...declined].map(({ gate }) => decodeId('gat', gate));
    return this.unitOfWork.single((tx) => this.gates.findMany(tx, ids));
  }
}

function stateOf(gate: Gate | undefined): OptOutView['purposes'][number]['state'] {
  if (!gate || gate.state === 'destroyed') return 'none';
  return gate.state === 'open' || gate.state === 'opening' ? 'allowed' : 'stopped';
}
