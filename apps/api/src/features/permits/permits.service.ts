import type { Caller } from '@integument/authz';
import { type Pseudonym, type PurposeName, permitHeader } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import { type ApiPerson, isRegisteredFor } from '../../platform/callers.js';
import { gateName, type PermitKeys } from './permit-keys.js';
import { permitClosed, permitMissing, permitNotFound } from './permits.errors.js';
import type { Gate, OpenGate, PermitsStore } from './permits.store.js';

/**
 * What one effect may work with: the gate it holds locked, and the key its data is sealed under. Of one purpose: to hand
 * one purpose's to another's code does not compile.
 */
export interface Leave<P extends PurposeName = PurposeName> {
  readonly gate: OpenGate<P>;
  readonly key: Buffer;
}

/** A gate that was open when it was looked at, with its key: no leave, since nothing may rest on it before the gate is asked again. */
export interface Looked<P extends PurposeName = PurposeName> {
  readonly seen: OpenGate<P>;
  readonly key: Buffer;
}

/** Gates looked at together: as many keys as the vault gives at once. */
const LOOK = 1_000;

/** The one way to a permit's data: through its open gate, in the effect's own transaction. */
export class PermitsService {
  constructor(
    private readonly store: PermitsStore,
    private readonly keys: PermitKeys,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Which permit a request is about. A person's session has its own and may name no other; a health client names it in
   * the header and must be registered for the purpose.
   */
  pseudonymOf(caller: Caller, purpose: PurposeName, header: unknown): Buffer {
    const named = header === undefined ? undefined : parseHeader(header);
    if (caller.kind === 'person') {
      const own = (caller as ApiPerson).permits.find((permit) => permit.purpose === purpose)?.pseudonym;
      if (named && own !== named) throw permitNotFound();
      if (!own) throw permitNotFound();
      return decodeId('psn', own);
    }
    if (!isRegisteredFor(caller, purpose)) throw permitNotFound();
    if (!named) throw permitMissing();
    return decodeId('psn', named);
  }

  /**
   * Runs an effect under an open gate, which stays locked until the effect has committed: a withdrawal is answered
   * before it, or after it, never in between. The key is fetched before, so that no lock waits for the vault.
   */
  async through<P extends PurposeName, T>(
    pseudonym: Buffer,
    purpose: P,
    effect: (tx: Tx, leave: Leave<P>) => Promise<T>,
  ): Promise<T> {
    const found = await this.unitOfWork.single((tx) => this.store.findByPseudonym(tx, pseudonym));
    if (!found || found.purpose !== purpose) throw permitNotFound();
    if (found.state !== 'open') throw permitClosed();
    const key = await this.keys.find(found);
    if (!key) throw permitClosed();
    return this.unitOfWork.run(async (tx) => {
      const gate = await this.store.lockOpen(tx, pseudonym, purpose);
      if (!gate) throw permitClosed();
      return effect(tx, { gate, key });
    });
  }

  /** Everybody's who agreed to a purpose, some at a time; a gate whose key the vault doesn't give is left out. */
  async *everyOpen<P extends PurposeName>(purpose: P): AsyncGenerator<Looked<P>[]> {
    for (let after = Buffer.alloc(0); ; ) {
      const behind = after;
      const gates = await this.unitOfWork.single((tx) => this.store.findOpenAfter(tx, purpose, behind, LOOK));
      const last = gates.at(-1);
      if (!last) return;
      after = last.gate_id as typeof after;
      const keys = await this.keys.findMany(gates);
      yield gates.flatMap((gate) => {
        const key = keys.get(gateName(gate));
        return key ? [{ seen: gate, key }] : [];
      });
    }
  }

  /** See {@link PermitsStore.lockOpen}. */
  async lockOpen(tx: Tx, pseudonym: Buffer, purpose: PurposeName): Promise<boolean> {
    return (await this.store.lockOpen(tx, pseudonym, purpose)) !== null;
  }

  /** See {@link PermitsStore.lockAllOpen}. */
  lockAllOpen(tx: Tx, gates: readonly Buffer[], purpose: PurposeName): Promise<boolean> {
    return this.store.lockAllOpen(tx, gates, purpose);
  }

  /** See {@link PermitsStore.lockOpenAmong}. */
  lockOpenAmong(tx: Tx, gates: readonly Buffer[], purpose: PurposeName): Promise<Buffer[]> {
    return this.store.lockOpenAmong(tx, gates, purpose);
  }
}

/** What the audit log says in place of the pseudonym; undefined where the gate never opened, or is destroyed. */
export function subjectOf(gate: Gate): Buffer | undefined {
  return gate.subject ?? undefined;
}

function parseHeader(header: unknown): Pseudonym {
  const parsed = permitHeader.safeParse(header);
  if (!parsed.success) throw permitNotFound();
  return parsed.data;
}
