import { setImmediate } from 'node:timers/promises';
import { type Regions, reaches } from '@integument/authz';
import {
  type Enrolment,
  enrolment,
  type enrolPeople,
  type enrolPerson,
  type ReplyOf,
} from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import { Coalescer, type Tx, type UnitOfWork, violates, whenReady } from '@integument/database';
import type { Asker } from '@integument/http';
import { wrongFields } from '../../platform/wrong-fields.js';
import { isDoubtful } from './account-guard.js';
import { accountTaken } from './people.errors.js';
import type { PeopleService, PreparedEnrolment } from './people.service.js';
import type { PeopleStore } from './people.store.js';

const ACCOUNT = 'account_pk';
const FORBIDDEN = 'auth.forbidden';
/** entries of a batch that are prepared at a stretch */
const TURN = 100;

type BatchReply = ReplyOf<typeof enrolPeople>;
type Result = BatchReply['results'][number];

/** Takes enrolments in: single ones that arrive together share a commit, batches answer each entry for itself. */
export class EnrolmentDesk {
  readonly #singles: Coalescer<PreparedEnrolment, undefined>;

  constructor(
    private readonly people: PeopleService,
    private readonly store: PeopleStore,
    private readonly unitOfWork: UnitOfWork,
  ) {
    this.#singles = new Coalescer({
      maxBatch: 200,
      // While one is on its way the next is being sealed. A second beside it would only make both smaller: with five people
      // in a flush in place of eight, each costs PostgreSQL a third more.
      concurrency: 1,
      flush: async (prepared) => {
        const doubtful = prepared.some(({ row }) => row.account && isDoubtful(row.account));
        const enrol = (tx: Tx) => this.people.enrol(tx, prepared);
        await (doubtful ? this.unitOfWork.run(enrol) : this.unitOfWork.single(enrol));
        return prepared.map(() => undefined);
      },
    });
  }

  async enrolOne(asker: Asker, request: Enrolment): Promise<ReplyOf<typeof enrolPerson>> {
    const prepared = await whenReady(() => this.people.prepare(asker, request));
    await this.#singles.submit(prepared).catch(refuseTakenAccount);
    return { person: prepared.name };
  }

  /** The same in a transaction that already holds an Idempotency-Key. */
  async enrolOneWithin(tx: Tx, asker: Asker, request: Enrolment): Promise<ReplyOf<typeof enrolPerson>> {
    const prepared = this.people.prepare(asker, request);
    await this.people.enrol(tx, [prepared]).catch(refuseTakenAccount);
    return { person: prepared.name };
  }

  /**
   * Enrols what can be and says of each other entry why not.
   * @throws CodedError `people.account_taken` where another request took one of the accounts just now: nothing is enrolled
   */
  async enrolBatch(tx: Tx, asker: Asker, entries: readonly unknown[], regions: Regions): Promise<BatchReply> {
    const checked = entries.map((entry) => check(entry, regions));
    this.people.demandNew(checked.filter((entry) => 'enrolment' in entry).length);
    const taken = await this.takenAccounts(tx, checked);
    const prepared: PreparedEnrolment[] = [];
    const results: Result[] = [];
    for (const entry of checked) {
      // A thousand people are some 60 ms of computing: others get a turn in between, the collector of ciphers too.
      if (results.length % TURN === TURN - 1) await setImmediate();
      results.push(this.prepareEntry(asker, entry, taken, prepared));
    }
    const forbidden = results.filter((result) => 'code' in result && result.code === FORBIDDEN).length;
    // The request itself is no refusal, so nothing else would tell of them.
    if (forbidden > 0) await this.people.refuseInBatch(tx, asker, forbidden);
    if (prepared.length > 0) await this.people.enrol(tx, prepared).catch(refuseTakenAccount);
    return { enrolled: prepared.length, refused: entries.length - prepared.length, results };
  }

  private prepareEntry(
    asker: Asker,
    entry: Checked,
    taken: Set<string>,
    prepared: PreparedEnrolment[],
  ): Result {
    if ('refusal' in entry) return entry.refusal;
    const subject = entry.enrolment.account?.subject;
    if (subject !== undefined && taken.has(subject)) return { code: 'people.account_taken' };
    // The first of two entries with one account is enrolled, the second is not.
    if (subject !== undefined) taken.add(subject);
    const one = this.people.prepare(asker, entry.enrolment);
    prepared.push(one);
    return { person: one.name };
  }

  private async takenAccounts(tx: Tx, entries: readonly Checked[]): Promise<Set<string>> {
    const subjects = entries.flatMap((entry) =>
      'enrolment' in entry && entry.enrolment.account ? [entry.enrolment.account.subject] : [],
    );
    if (subjects.length === 0) return new Set();
    const taken = await this.store.findAccounts(
      tx,
      subjects.flatMap((subject) => this.people.accountDigests(subject)),
    );
    const isTaken = (subject: string) =>
      this.people.accountDigests(subject).some((digest) => taken.has(bytesKey(digest)));
    return new Set(subjects.filter(isTaken));
  }
}

type Checked = { readonly enrolment: Enrolment } | { readonly refusal: Result };

function check(entry: unknown, regions: Regions): Checked {
  const parsed = enrolment.safeParse(entry);
  if (parsed.success) {
    if (!reaches(regions, parsed.data.region)) return { refusal: { code: FORBIDDEN } };
    return { enrolment: parsed.data };
  }
  return { refusal: { code: 'request.invalid', fields: wrongFields(parsed.error) } };
}

function refuseTakenAccount(error: unknown): never {
  if (violates(error, ACCOUNT)) throw accountTaken(error);
  throw error;
}
