import { type NoticeHash, type PurposeName, purposeNamed } from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Notice, type NoticeTexts, noticeFrom, noticesOf } from './notice.js';
import { noticeNotOffered } from './register.errors.js';
import type { RegisterStore } from './register.store.js';
import {
  type OfferedPurpose,
  type RegisterDocument,
  registerDocument,
  writtenRegister,
} from './register-document.js';
import type { Recipient, RegisterFile } from './register-file.js';

/** The register of processing as this process carries it out: what is declared in the program, and what the operator says of it. */
export class Register {
  private constructor(
    readonly document: RegisterDocument,
    readonly version: number,
    /** SHA-256 of what is kept of the version, hexadecimal */
    readonly hash: string,
    /** who got the data of what is offered no more, by the last version that offered it */
    private readonly recipientsBefore: ReadonlyMap<PurposeName, readonly Recipient[]>,
  ) {}

  /** Brings the database up to what is declared. What was declared before stays there. */
  static publish(file: RegisterFile, store: RegisterStore, unitOfWork: UnitOfWork): Promise<Register> {
    return unitOfWork.run(async (tx) => {
      await store.lock(tx);
      const notices = new Map<PurposeName, Notice[]>();
      for (const [name, { notices: texts }] of Object.entries(file.purposes)) {
        const purpose = name as PurposeName;
        notices.set(purpose, await publishNotices(tx, store, purpose, texts));
      }
      const document = registerDocument(file, notices);
      const { text, hash } = writtenRegister(document);
      const newest = await store.findNewest(tx);
      const isSame = newest?.hash.equals(hash) ?? false;
      const version = (newest?.version ?? 0) + (isSame ? 0 : 1);
      if (!isSame) await store.insertVersion(tx, { version, hash }, text);
      const before = await store.findRecipientsBefore(tx, version);
      return new Register(document, version, hash.toString('hex'), before);
    });
  }

  offered(purpose: PurposeName): OfferedPurpose | null {
    return this.document.purposes.find(({ name }) => name === purpose) ?? null;
  }

  /** Whether it is offered or not: what was agreed to before may have to be spoken of, and goes on to those who got it then. */
  declared(purpose: PurposeName): OfferedPurpose {
    const offered = this.offered(purpose);
    if (offered) return offered;
    const { storedIn } = this.document;
    const recipients = this.recipientsBefore.get(purpose) ?? [];
    return { ...purposeNamed(purpose), name: purpose, recipients, regions: storedIn, notices: [] };
  }

  isCurrent(hash: NoticeHash): boolean {
    return this.document.purposes.some(({ notices }) => notices.some((notice) => notice.hash === hash));
  }

  /** What somebody agrees to by this hash. @throws CodedError `consent.notice_not_current` */
  agreed(purpose: PurposeName, hash: NoticeHash): { purpose: OfferedPurpose; notice: Notice } {
    const offered = this.offered(purpose);
    const notice = offered?.notices.find((one) => one.hash === hash);
    if (!offered || !notice) throw noticeNotOffered();
    return { purpose: offered, notice };
  }
}

/** The newest version where it is the same, or the next one. */
async function publishNotices(
  tx: Tx,
  store: RegisterStore,
  purpose: PurposeName,
  texts: NoticeTexts,
): Promise<Notice[]> {
  const newest = (await store.findNewestNotices(tx, purpose)).map(({ document }) => noticeFrom(document));
  const version = newest[0]?.version ?? 0;
  const same = noticesOf(purpose, version, texts);
  if (version > 0 && sameHashes(newest, same)) return newest;
  const next = noticesOf(purpose, version + 1, texts);
  await store.insertNotices(tx, next);
  return next;
}

function sameHashes(some: readonly Notice[], others: readonly Notice[]): boolean {
  const hashes = new Set(some.map(({ hash }) => hash));
  return some.length === others.length && others.every(({ hash }) => hashes.has(hash));
}
