import type { PurposeName } from '@integument/contracts';
import { bytesKey, decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import type { MintedPermit, PermitBatches, PermitOpenings } from '../permits/index.js';
import type { ImportAges } from './import-ages.js';
import type { HeldOpening, ImportedOpeningsStore, RefusedOpening } from './imported-openings.store.js';

export const DECIDED_HERE = 'consent_imports.decided_here';

/** A gate that is opening in the data plane. */
interface AskedGate {
  readonly gate: Buffer;
  readonly epoch: number;
}

type Asked = HeldOpening & { readonly asked: number };

/**
 * Mints for gates that are opening by an import, however often it is asked. A gate that the data plane closed meanwhile, since
 * nothing had come of it, and opens once more comes with a higher epoch. One that was closed before the vault had heard of it is
 * spent, and its import goes on under another name.
 */
export class ImportedMint {
  constructor(
    private readonly store: ImportedOpeningsStore,
    private readonly openings: PermitOpenings,
    private readonly batches: PermitBatches,
    private readonly ages: ImportAges,
  ) {}

  /** @returns those that may open, and those of which a later message is still to come; nothing comes of the others */
  async mint(
    tx: Tx,
    asker: Asker,
    purpose: PurposeName,
    gates: readonly AskedGate[],
  ): Promise<{ minted: MintedPermit[]; waiting: Buffer[]; decided: RefusedOpening[] }> {
    const { held, turnedAway } = await this.holdFit(tx, purpose, gates);
    const wanted = held.filter((one) => isNew(one) && !one.has_ended);
    const fresh = await this.batches.mint(tx, asker, purpose, wanted.map(wantedOf));
    const made = new Set(fresh.map(({ gate }) => bytesKey(gate)));
    const known = await this.lookAgain(
      tx,
      purpose,
      held.filter(({ gate_id }) => !made.has(bytesKey(gate_id))),
    );
    const those = (fate: Fate) => known.filter((one) => fateOf(one) === fate);
    const decided = await this.store.refuse(tx, purpose, gatesOf(those('refuse')), DECIDED_HERE);
    await this.store.rename(tx, purpose, gatesOf(those('rename')));
    const told = those('tell');
    await this.batches.noteOpened(tx, asker, purpose, false, told.map(wantedOf));
    const resumed: MintedPermit[] = [];
    for (const one of those('resume')) resumed.push(await this.resume(tx, asker, one));
    const minted = [...fresh, ...told.map(mintedOf), ...resumed];
    return { minted, waiting: gatesOf([...those('wait'), ...turnedAway]), decided };
  }

  /**
   * Without those of whom it has turned out that they can't agree. @returns of these, too, what a gate was open by before: it is closed
   * as any other that comes to nothing, and erased in time
   */
  private async holdFit(tx: Tx, purpose: PurposeName, gates: readonly AskedGate[]) {
    const held = await this.hold(tx, purpose, gates);
    const people = held.filter(opens).map(({ person_id }) => person_id);
    const refusals = await this.ages.refusals(tx, people);
    const codeOf = (one: Asked) => (opens(one) ? refusals.get(bytesKey(one.person_id)) : undefined);
    for (const code of new Set(refusals.values())) {
      const refused = held.filter((one) => codeOf(one) === code);
      await this.store.refuse(tx, purpose, gatesOf(refused), code);
    }
    return {
      held: held.filter((one) => !codeOf(one)),
      turnedAway: held.filter((one) => codeOf(one) && !isNew(one)),
    };
  }

  private async hold(tx: Tx, purpose: PurposeName, gates: readonly AskedGate[]): Promise<Asked[]> {
    const epochs = new Map(gates.map(({ gate, epoch }) => [bytesKey(gate), epoch]));
    const held = await this.store.hold(
      tx,
      purpose,
      gates.map(({ gate }) => gate),
    );
    return held.map((one) => ({ ...one, asked: epochs.get(bytesKey(one.gate_id)) ?? 0 }));
  }

  /** What kept a permit from being made was committed since we looked. */
  private async lookAgain(tx: Tx, purpose: PurposeName, held: readonly Asked[]): Promise<Asked[]> {
    const kept = held.filter(isNew).map(({ gate_id: gate, asked: epoch }) => ({ gate, epoch }));
    const now = kept.length > 0 ? await this.hold(tx, purpose, kept) : [];
    return [...held.filter((one) => !isNew(one)), ...now];
  }

  private async resume(tx: Tx, asker: Asker, { gate_id: gate, asked: epoch }: Asked): Promise<MintedPermit> {
    const { pseudonym, subject } = await this.openings.resumeImported(tx, asker, gate, epoch);
    if (!subject) throw new Error('an imported permit without its subject');
    return { gate, epoch, pseudonym: decodeId('psn', pseudonym), subject: Buffer.from(subject, 'base64url') };
  }
}

type Fate = 'refuse' | 'rename' | 'resume' | 'tell' | 'wait';

function fateOf({ state, epoch, asked, has_ended }: Asked): Fate {
  // Another permit of theirs for the purpose lives, or they ended one here later than what is imported.
  if (state === null || state === 'declined') return 'refuse';
  if (state === 'destroyed') return has_ended ? 'refuse' : 'rename';
  if (epoch === null || epoch > asked) return 'wait';
  if (epoch < asked) return 'resume';
  return state === 'open' ? 'tell' : 'wait';
}

/** Whether the gate is closed until the answer. */
function opens(one: Asked): boolean {
  return isNew(one) || fateOf(one) === 'resume';
}

function isNew({ state }: HeldOpening): boolean {
  return state === null;
}

function wantedOf({
  gate_id: gate,
  asked: epoch,
  person_id: personId,
  person_subject: personSubject,
}: Asked) {
  return { gate, epoch, personId, personSubject };
}

function mintedOf({ gate_id: gate, asked: epoch, pseudonym, subject }: Asked): MintedPermit {
  if (!pseudonym || !subject) throw new Error('an open permit without a pseudonym');
  return { gate, epoch, pseudonym, subject };
}

function gatesOf(openings: readonly Asked[]): Buffer[] {
  return openings.map(({ gate_id }) => gate_id);
}
