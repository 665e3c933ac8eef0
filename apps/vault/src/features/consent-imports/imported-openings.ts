import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type GateId,
  IMPORT_MAX,
  LATE_REFUSALS,
  type mintImportedPermits,
  type NoticeHash,
  PURPOSE_NAMES,
  type PurposeName,
  type pendingConsentImports,
  type ReplyOf,
  type settleConsentImports,
} from '@integument/contracts';
import { bytesKey, decodeId, encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { MintedPermit } from '../permits/index.js';
import {
  consentImportDecidedHere,
  consentImportsListed,
  consentImportsMinted,
  consentImportsSettled,
} from './consent-imports.audit.js';
import { DECIDED_HERE, type ImportedMint } from './imported-mint.js';
import type { ImportedOpeningsStore, RefusedOpening } from './imported-openings.store.js';

/** Before any gate's name. */
const FIRST = Buffer.alloc(0);

type Minted = ReplyOf<typeof mintImportedPermits>['minted'][number];

/** Permits of imported consents, as the data plane opens them: by gates, whose names were drawn when the consents came. */
export class ImportedOpenings {
  constructor(
    private readonly store: ImportedOpeningsStore,
    private readonly minting: ImportedMint,
    private readonly audit: AuditLog,
  ) {}

  /** Asked for twice a second: an entry only where something is told. */
  async pending(
    tx: Tx,
    asker: Asker,
    { purpose: asked, after }: BodyOf<typeof pendingConsentImports>,
  ): Promise<ReplyOf<typeof pendingConsentImports>> {
    const purpose = asked ?? (await this.store.findPurpose(tx, PURPOSE_NAMES));
    if (!purpose) return { purpose: null, imports: [] };
    const from = after ? decodeId('gat', after) : FIRST;
    const rows = await this.store.findPage(tx, purpose, from, IMPORT_MAX);
    if (rows.length > 0)
      await this.audit.append(tx, consentImportsListed({ ...by(asker), purpose, count: rows.length }));
    return {
      purpose,
      imports: rows.map(({ gate_id, notice, given_on }) => ({
        gate: nameOf(gate_id),
        notice: notice.toString('hex') as NoticeHash,
        givenOn: given_on,
      })),
    };
  }

  /** See {@link ImportedMint}. */
  async mint(
    tx: Tx,
    asker: Asker,
    { purpose, gates }: BodyOf<typeof mintImportedPermits>,
  ): Promise<ReplyOf<typeof mintImportedPermits>> {
    const asked = gates.map(({ gate, epoch }) => ({ gate: decodeId('gat', gate), epoch }));
    const { minted, waiting, decided } = await this.minting.mint(tx, asker, purpose, asked);
    await this.noteDecided(tx, asker, purpose, decided);
    await this.audit.append(tx, consentImportsMinted({ ...by(asker), purpose, count: minted.length }));
    const alive = new Set([...minted.map(({ gate }) => gate), ...waiting].map(bytesKey));
    // Not in the order of people, in which they were held: of two purposes that would say which belong together.
    minted.sort((one, other) => one.gate.compare(other.gate));
    const spent = asked.filter(({ gate }) => !alive.has(bytesKey(gate)));
    return { minted: minted.map(viewOf), spent: spent.map(({ gate }) => nameOf(gate)) };
  }

  async settle(
    tx: Tx,
    asker: Asker,
    { purpose, done, refused }: BodyOf<typeof settleConsentImports>,
  ): Promise<void> {
    await this.store.remove(
      tx,
      purpose,
      done.map((gate) => decodeId('gat', gate)),
    );
    for (const code of LATE_REFUSALS) {
      const gates = refused.filter((one) => one.code === code).map(({ gate }) => decodeId('gat', gate));
      const told = await this.store.refuse(tx, purpose, gates, code);
      if (code === DECIDED_HERE) await this.noteDecided(tx, asker, purpose, told);
    }
    const details = { refused: refused.length };
    await this.audit.append(
      tx,
      consentImportsSettled({ ...by(asker), purpose, count: done.length, details }),
    );
  }

  /** Who brought it is told now that the person has decided here: about them, and not in a number. */
  private async noteDecided(
    tx: Tx,
    asker: Asker,
    purpose: PurposeName,
    decided: readonly RefusedOpening[],
  ): Promise<void> {
    const entries = decided.map(({ import_id, subject }) =>
      consentImportDecidedHere({ ...by(asker), subject, purpose, object: encodeId('imp', import_id) }),
    );
    if (entries.length > 0) await this.audit.append(tx, ...entries);
  }
}

function nameOf(gate: Buffer): GateId {
  return encodeId('gat', gate) as GateId;
}

function viewOf({ gate, epoch, pseudonym, subject }: MintedPermit): Minted {
  return {
    gate: nameOf(gate),
    epoch,
    pseudonym: encodeId('psn', pseudonym),
    subject: subject.toString('base64url'),
  };
}
