import type { AuditLog } from '@integument/audit-log';
import {
  type AnswerOf,
  type LateRefusal,
  mintImportedPermits,
  type PendingImport,
  type PurposeName,
  purposeNamed,
  settleConsentImports,
} from '@integument/contracts';
import { bytesKey, decodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import { gateName, type PermitsStore } from '../permits/index.js';
import type { RegisterStore } from '../register/index.js';
import { consentImported } from './consent-imports.audit.js';
import type { AskedGate, BegunGate, ImportedGatesStore, MintedGate } from './imported-gates.store.js';
import { PendingPages } from './pending-pages.js';

type Minted = AnswerOf<typeof mintImportedPermits>['minted'][number];

/** Nobody asked just now: what the vault took before is carried out. */
const WORKER = { outcome: 'done', actor: { kind: 'system', id: 'consent-imports' } } as const;
/** Pages under way at once: while one waits for the vault, another one is written here. */
const LANES = 2;

/** What to do with a page: what is asked of the vault, and what it can be told already. */
interface Sorted {
  readonly asked: AskedGate[];
  readonly done: Buffer[];
  readonly refused: { readonly gate: Buffer; readonly code: LateRefusal }[];
}

/**
 * Opens the permits of consents that were given elsewhere before. The vault keeps the list, under names that are the gates' own, and
 * strikes out what it is told of; each step is a transaction, and all of them can be repeated:
 *
 *   gates `opening` → vault mints → gates `open` if their epochs still are the same, with their events → vault told
 *
 * A crash before the vault is told leaves all of it on the list, and the next round finds each gate as it is: `opening`, so the vault is
 * asked again, and mints nothing twice; `open` with its event, so the vault is only told. If the next round is long in coming the
 * reconciler closes gates that stayed `opening`; having no event they are opened anew, at a higher epoch. What a person decides in
 * between leaves an event, or the gate of another permit: then that holds, and the import is refused.
 *
 * A page is of one purpose and in the order of random names: nothing here says which gates of different purposes came together.
 */
export class ConsentImports {
  constructor(
    private readonly store: ImportedGatesStore,
    private readonly gates: PermitsStore,
    private readonly register: RegisterStore,
    private readonly vault: VaultClient,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Purpose by purpose, as long as one gets somewhere. @returns how many the vault was told of */
  async carryOut(): Promise<number> {
    let settled = 0;
    for (;;) {
      const pages = await PendingPages.open(this.vault);
      if (!pages) return settled;
      const before = settled;
      for (const count of await together(LANES, () => this.openAll(pages))) settled += count;
      if (settled === before) return settled;
    }
  }

  private async openAll(pages: PendingPages): Promise<number> {
    let settled = 0;
    for (let page = await pages.next(); page.length > 0; page = await pages.next())
      settled += await this.openPage(pages.purpose, page);
    return settled;
  }

  private async openPage(purpose: PurposeName, page: readonly PendingImport[]): Promise<number> {
    const { asked, done, refused } = await this.unitOfWork.run((tx) => this.begin(tx, purpose, page));
    if (asked.length > 0) done.push(...(await this.finish(purpose, page, asked)));
    const settled = done.length + refused.length;
    if (settled === 0) return 0;
    const body = {
      purpose,
      done: done.map((gate_id) => gateName({ gate_id })),
      refused: refused.map(({ gate: gate_id, code }) => ({ gate: gateName({ gate_id }), code })),
    };
    await this.vault.call(settleConsentImports, { body });
    return settled;
  }

  private async begin(tx: Tx, purpose: PurposeName, page: readonly PendingImport[]): Promise<Sorted> {
    const published = await this.register.findPublished(
      tx,
      purpose,
      page.map(({ notice }) => notice),
    );
    const all = page.map(({ gate, notice }) => ({ gate: decodeId('gat', gate), notice }));
    const known = all.filter(({ notice }) => published.has(notice)).map(({ gate }) => gate);
    const unknown = all.filter(({ notice }) => !published.has(notice));
    const refused = unknown.map(({ gate }) => ({ gate, code: 'consent_imports.notice_unknown' as const }));
    const sorted: Sorted = { asked: [], done: [], refused };
    if (known.length === 0) return sorted;
    const fresh = await this.store.begin(tx, purpose, known);
    sorted.asked.push(...fresh.map((gate) => ({ gate, epoch: 1 })));
    if (fresh.length < known.length) await this.sortBegun(tx, known, fresh, sorted);
    return sorted;
  }

  /** Those that a round before has begun. */
  private async sortBegun(
    tx: Tx,
    known: readonly Buffer[],
    fresh: readonly Buffer[],
    { asked, done, refused }: Sorted,
  ): Promise<void> {
    const isFresh = new Set(fresh.map(bytesKey));
    const begun = await this.store.lockBegun(
      tx,
      known.filter((gate) => !isFresh.has(bytesKey(gate))),
    );
    for (const { gate_id: gate, epoch, ...found } of begun) {
      const next = nextFor(found);
      if (next === 'done') done.push(gate);
      if (next === 'refuse') refused.push({ gate, code: 'consent_imports.decided_here' });
      if (next === 'ask') asked.push({ gate, epoch });
      if (next !== 'reopen') continue;
      await this.gates.reopen(tx, gate, epoch + 1);
      asked.push({ gate, epoch: epoch + 1 });
    }
  }

  /** @returns those that are open now; one whose person decided something meanwhile is sorted out by the next round */
  private async finish(
    purpose: PurposeName,
    page: readonly PendingImport[],
    asked: readonly AskedGate[],
  ): Promise<Buffer[]> {
    const gates = asked.map(({ gate: gate_id, epoch }) => ({ gate: gateName({ gate_id }), epoch }));
    const { minted, spent } = await this.vault.call(mintImportedPermits, { body: { purpose, gates } });
    const gone = new Set<string>(spent);
    const discarded = asked.filter((_, at) => gone.has(gates[at]?.gate ?? ''));
    const opening = mintedGates(page, minted);
    return this.unitOfWork.run(async (tx) => {
      await this.store.discard(tx, discarded);
      return this.open(tx, purpose, opening);
    });
  }

  private async open(tx: Tx, purpose: PurposeName, minted: readonly MintedGate[]): Promise<Buffer[]> {
    if (minted.length === 0) return [];
    const opened = await this.store.open(tx, minted, purposeNamed(purpose).consentDays);
    const isOpen = new Set(opened.map(bytesKey));
    const subjects = new Map<string, Buffer[]>();
    for (const { gate, subject, notice } of minted) {
      if (!isOpen.has(bytesKey(gate))) continue;
      const hash = notice.toString('hex');
      const same = subjects.get(hash);
      if (same) same.push(subject);
      else subjects.set(hash, [subject]);
    }
    for (const [notice, same] of subjects) await this.noteImported(tx, purpose, notice, same);
    return opened;
  }

  private async noteImported(
    tx: Tx,
    purpose: PurposeName,
    notice: string,
    subjects: readonly Buffer[],
  ): Promise<void> {
    const [subject] = subjects;
    if (!subject) return;
    const entry = consentImported({ ...WORKER, subject, purpose, details: { notice } });
    await this.audit.append(tx, ...entry.aboutEach(subjects));
  }
}

function nextFor({
  state,
  imported,
  decided,
}: Omit<BegunGate, 'epoch' | 'gate_id'>): 'ask' | 'done' | 'refuse' | 'reopen' {
  if (imported) return 'done';
  if (decided) return 'refuse';
  if (state === 'opening') return 'ask';
  // By the reconciler, which nobody asked.
  if (state === 'frozen') return 'reopen';
  return 'refuse';
}

/** In the order of the page, whatever order the vault answers in: rows and entries lie in the order in which they are written. */
function mintedGates(page: readonly PendingImport[], minted: readonly Minted[]): MintedGate[] {
  const byName = new Map(minted.map((one) => [one.gate, one]));
  return page.flatMap(({ gate, notice, givenOn }) => {
    const found = byName.get(gate);
    if (!found) return [];
    return {
      gate: decodeId('gat', gate),
      epoch: found.epoch,
      pseudonym: decodeId('psn', found.pseudonym),
      subject: Buffer.from(found.subject, 'base64url'),
      notice: Buffer.from(notice, 'hex'),
      givenOn,
    };
  });
}

/** So many at once; all have ended when this does, whichever fails. */
async function together<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const ended = await Promise.allSettled(Array.from({ length: count }, work));
  return ended.map((one) => {
    if (one.status === 'rejected') throw one.reason as Error;
    return one.value;
  });
}
