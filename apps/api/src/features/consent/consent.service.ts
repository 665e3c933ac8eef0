import type { AuditLog } from '@integument/audit-log';
import {
  CodedError,
  type ConsentState,
  type consentHistory,
  daysUntilErasure,
  freezePermit,
  notFound,
  openPermit,
  type PermitView,
  PURPOSE_NAMES,
  type PurposeName,
  type ReplyOf,
  resumePermit,
  sessionPermits,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Outbox, Tx, UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { type ApiPerson, byWithin, type KnownPermit } from '../../platform/callers.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import { type Gate, gateName, type PermitKeys, type PermitsStore, subjectOf } from '../permits/index.js';
import type { SessionsService } from '../sessions/index.js';
import { consentGiven, consentHistoryRead, consentRead, consentWithdrawn } from './consent.audit.js';
import type { ConsentStore } from './consent.store.js';

/** Tells the vault of a freeze that was decided here; see FREEZE_TOPIC's handler. */
export const FREEZE_TOPIC = 'permits.freeze';

/** A gate on its way open: what the vault is asked for next. */
interface Opening {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly isNew: boolean;
}

/**
 * Giving opens last, withdrawing closes first; each step is its own transaction and can be repeated:
 *
 *   give:     gate `opening` at epoch n → vault mints or resumes at n → gate `open` if its epoch still is n → answer
 *   withdraw: gate `frozen` at epoch n+1, and the message to the vault, in one transaction → vault freezes → answer
 *
 * A crash between leaves a gate `opening` (the reconciler freezes it) or a message in the outbox (it is sent again).
 */
export class ConsentService {
  constructor(
    private readonly gates: PermitsStore,
    private readonly store: ConsentStore,
    private readonly sessions: SessionsService,
    private readonly keys: PermitKeys,
    private readonly vault: VaultClient,
    private readonly outbox: Outbox,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async give(asker: Asker<ApiPerson>, purpose: PurposeName, notice: string): Promise<ConsentState> {
    const known = await this.knownPermit(asker.caller, purpose);
    const opening = await this.unitOfWork.run((tx) => this.beginOpening(tx, purpose, known));
    if (opening === 'open' && known) return this.alreadyOpen(asker, known, notice);
    if (opening === 'open') throw superseded();
    const permit = await this.openInVault(asker.caller, purpose, opening);
    if (permit.gate !== encodeId('gat', opening.gate))
      return this.adopt(asker, purpose, notice, opening, permit);
    return this.finishOpening(asker, opening, permit, notice);
  }

  /** @returns the state, and whether the vault has confirmed the freeze */
  async withdraw(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
  ): Promise<{ state: ConsentState; confirmed: boolean }> {
    // A permit that the session remembers may be erased by now, and another one given elsewhere: that one is meant then.
    const gate =
      (await this.closeKnown(asker, permitIn(asker.caller, purpose))) ??
      (await this.closeKnown(asker, await this.permitInVault(asker.caller, purpose)));
    if (!gate) throw notGiven();
    this.keys.forget(gate);
    // From here on nothing of this purpose takes effect; the vault only has to hear of it.
    const confirmed = await this.vault
      .call(freezePermit, { body: { gate: gateName(gate), epoch: gate.epoch } })
      .then(() => true)
      .catch(() => false);
    return { state: toState(purpose, gate), confirmed };
  }

  async list(asker: Asker<ApiPerson>): Promise<ConsentState[]> {
    // From the vault, not from the session: a consent given elsewhere must show here, or nobody would take it back.
    const known = await this.permitsInVault(asker.caller);
    const gates = await this.unitOfWork.run(async (tx) => {
      const found = await this.gates.findMany(
        tx,
        known.map(({ gate }) => decodeId('gat', gate)),
      );
      await this.audit.append(tx, consentRead({ ...by(asker), count: found.length }));
      return found;
    });
    return PURPOSE_NAMES.map((purpose) =>
      toState(purpose, gates.find((gate) => gate.purpose === purpose) ?? null),
    );
  }

  async history(
    tx: Tx,
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
  ): Promise<ReplyOf<typeof consentHistory>> {
    const known = asker.caller.permits.find((permit) => permit.purpose === purpose);
    const rows = known ? await this.store.findAll(tx, decodeId('gat', known.gate)) : [];
    await this.audit.append(
      tx,
      consentHistoryRead({ ...byWithin(asker, purpose), purpose, count: rows.length }),
    );
    return {
      events: rows.map(({ kind, on_day, notice }) => ({
        kind,
        onDay: on_day,
        notice: notice?.toString('hex') ?? null,
      })),
    };
  }

  private async beginOpening(
    tx: Tx,
    purpose: PurposeName,
    known: KnownPermit | null,
  ): Promise<Opening | 'open'> {
    const gate = known && (await this.gates.lock(tx, decodeId('gat', known.gate)));
    if (!gate || gate.state === 'destroyed') {
      const fresh = randomId();
      await this.gates.insertOpening(tx, fresh, purpose);
      return { gate: fresh, epoch: 1, isNew: true };
    }
    if (gate.state === 'open') return 'open';
    const epoch = gate.state === 'opening' ? gate.epoch : gate.epoch + 1;
    if (gate.state === 'frozen') await this.gates.reopen(tx, gate.gate_id, epoch);
    // Whoever told us of the gate had it from the vault, so the permit is there: also where a crash left the gate without
    // its pseudonym, which the resumed permit brings.
    return { gate: gate.gate_id, epoch, isNew: false };
  }

  private openInVault(caller: ApiPerson, purpose: PurposeName, opening: Opening): Promise<PermitView> {
    const gate = encodeId('gat', opening.gate) as PermitView['gate'];
    const { epoch } = opening;
    if (!opening.isNew) return this.vault.call(resumePermit, { body: { gate, epoch } }).catch(overtaken);
    const body = { session: caller.content.session, purpose, gate, epoch };
    return this.vault.call(openPermit, { body }).catch(overtaken);
  }

  private async finishOpening(
    asker: Asker<ApiPerson>,
    opening: Opening,
    permit: PermitView,
    notice: string,
  ): Promise<ConsentState> {
    const named = {
      pseudonym: decodeId('psn', permit.pseudonym),
      subject: permit.subject === null ? null : Buffer.from(permit.subject, 'base64url'),
    };
    const gate = await this.unitOfWork.run(async (tx) => {
      if (!(await this.gates.open(tx, opening.gate, opening.epoch, named))) return null;
      const opened = await this.gates.lock(tx, opening.gate);
      if (!opened) throw new Error('an opened gate is gone');
      await this.recordGiven(tx, asker, opened, permit, notice);
      return opened;
    });
    if (!gate) throw superseded();
    return toState(permit.purpose, gate);
  }

  private async recordGiven(
    tx: Tx,
    asker: Asker<ApiPerson>,
    gate: Gate,
    permit: PermitView,
    notice: string,
  ): Promise<void> {
    const kind = gate.epoch === 1 ? 'given' : 'renewed';
    await this.store.append(tx, gate.gate_id, gate.epoch, kind, Buffer.from(notice, 'hex'));
    await this.sessions.remember(tx, asker.caller, permit);
    await this.audit.append(
      tx,
      consentGiven({
        ...byWithin(asker, gate.purpose),
        subject: subjectOf(gate),
        purpose: gate.purpose,
        details: { kind, notice },
      }),
    );
  }

  /** Another session of the person opened this purpose meanwhile: our gate was never needed. */
  private async adopt(
    asker: Asker<ApiPerson>,
    purpose: PurposeName,
    notice: string,
    opening: Opening,
    permit: PermitView,
  ): Promise<ConsentState> {
    await this.unitOfWork.run(async (tx) => {
      await this.gates.destroy(tx, opening.gate);
      await this.sessions.remember(tx, asker.caller, permit);
    });
    const others = asker.caller.permits.filter((other) => other.purpose !== purpose);
    const caller = { ...asker.caller, permits: [...others, permit] };
    return this.give({ ...asker, caller }, purpose, notice);
  }

  /** @returns the gate as it is now, closed; null where there is none any more */
  private async closeKnown(asker: Asker<ApiPerson>, known: KnownPermit | null): Promise<Gate | null> {
    return known && this.unitOfWork.run((tx) => this.close(tx, asker, decodeId('gat', known.gate)));
  }

  private async close(tx: Tx, asker: Asker<ApiPerson>, gateId: Buffer): Promise<Gate | null> {
    const gate = await this.gates.lock(tx, gateId);
    if (!gate || gate.state === 'destroyed') return null;
    const about = { ...byWithin(asker, gate.purpose), subject: subjectOf(gate), purpose: gate.purpose };
    if (gate.state === 'frozen') {
      await this.audit.append(tx, consentWithdrawn({ ...about, details: { kind: 'repeated' } }));
      return gate;
    }
    const epoch = gate.epoch + 1;
    await this.gates.freeze(tx, gateId, epoch, daysUntilErasure(gate.purpose));
    await this.store.append(tx, gateId, epoch, 'withdrawn', null);
    await this.outbox.add(tx, FREEZE_TOPIC, { gate: gateName(gate), epoch });
    await this.audit.append(tx, consentWithdrawn({ ...about, details: { kind: 'withdrawn' } }));
    const frozen = await this.gates.lock(tx, gateId);
    if (!frozen) throw new Error('a frozen gate is gone');
    return frozen;
  }

  private async alreadyOpen(
    asker: Asker<ApiPerson>,
    known: KnownPermit,
    notice: string,
  ): Promise<ConsentState> {
    const { purpose } = known;
    const gate = await this.unitOfWork.run(async (tx) => {
      await this.sessions.remember(tx, asker.caller, known);
      const [found] = await this.gates.findMany(tx, [decodeId('gat', known.gate)]);
      const subject = found && subjectOf(found);
      const facts = { ...byWithin(asker, purpose), purpose, ...(subject && { subject }) };
      await this.audit.append(tx, consentGiven({ ...facts, details: { kind: 'repeated', notice } }));
      return found ?? null;
    });
    return toState(purpose, gate);
  }

  /** From the session, or from the vault where another session may have opened it. */
  private async knownPermit(caller: ApiPerson, purpose: PurposeName): Promise<KnownPermit | null> {
    return permitIn(caller, purpose) ?? (await this.permitInVault(caller, purpose));
  }

  private async permitInVault(caller: ApiPerson, purpose: PurposeName): Promise<KnownPermit | null> {
    const permits = await this.permitsInVault(caller);
    return permits.find((permit) => permit.purpose === purpose) ?? null;
  }

  private async permitsInVault(caller: ApiPerson): Promise<KnownPermit[]> {
    const { session } = caller.content;
    const { permits } = await this.vault.call(sessionPermits, { body: { session } }).catch(overtaken);
    return permits;
  }
}

function permitIn(caller: ApiPerson, purpose: PurposeName): KnownPermit | null {
  return caller.permits.find((permit) => permit.purpose === purpose) ?? null;
}

function toState(purpose: PurposeName, gate: Gate | null): ConsentState {
  if (!gate || gate.state === 'destroyed') return { purpose, state: 'none', permit: null, dueOn: null };
  const permit = gate.pseudonym ? (encodeId('psn', gate.pseudonym) as ConsentState['permit']) : null;
  return { purpose, state: gate.state, permit, dueOn: gate.due_on };
}

/** The vault refuses because it knows of something later: another change of mind, or an erasure. */
function overtaken(error: unknown): never {
  if (error instanceof VaultRefused) throw superseded(error);
  throw error;
}

const notGiven = () => notFound('consent.not_given');
const superseded = (cause?: unknown) =>
  new CodedError(
    'consent.superseded',
    409,
    'Another change of this consent came first. Look, and try again.',
    { cause },
  );
