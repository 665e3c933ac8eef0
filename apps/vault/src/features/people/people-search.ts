import type { AuditLog } from '@integument/audit-log';
import type { Regions } from '@integument/authz';
import {
  CodedError,
  FOUND_MAX,
  fieldOf,
  type ReplyOf,
  type SearchWhere,
  type searchPeople,
} from '@integument/contracts';
import { randomId } from '@integument/crypto';
import { NotReady, type Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { fits, partsAsked, uncovered, wayOf } from '../catalogue/index.js';
import { isUnopened } from '../keys/index.js';
import { peopleSearched } from './people.audit.js';
import { BROKEN, notSearchable, personBroken, searchNotReady } from './people.errors.js';
import { nameOf, type PeopleService } from './people.service.js';
import { CONSOLE, type FoundPerson, type KnownPerson } from './people.store.js';
import type { Page, PeopleSearchStore, Reach } from './people-search.store.js';
import type { PersonIndex } from './person-index.js';
import type { PersonIndexStore } from './person-index.store.js';
import type { PersonSealer } from './sealed-person.js';

const PAGE = 250;
/** People who are opened for one search at most. Who has to look at more of them should know more. */
const OPENED_MAX = 5_000;
const START: Buffer = Buffer.alloc(0);

type Find = (page: Page) => Promise<KnownPerson[]>;

/** Finds people by digests, opens those who may fit, and tells of those who do. */
export class PeopleSearch {
  constructor(
    private readonly store: PeopleSearchStore,
    private readonly indexStore: PersonIndexStore,
    private readonly index: PersonIndex,
    private readonly sealer: PersonSealer,
    private readonly people: Pick<PeopleService, 'masked'>,
    private readonly audit: AuditLog,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /** @throws CodedError `people.not_searchable`, before anything is looked up */
  refuseUncovered(where: SearchWhere): void {
    const left = uncovered(this.index.plan, where);
    if (left.length > 0) throw notSearchable(left);
  }

  /** @throws CodedError `people.search_not_ready` */
  async find(
    tx: Tx,
    asker: Asker,
    where: SearchWhere,
    regions: Regions,
  ): Promise<ReplyOf<typeof searchPeople>> {
    this.refuseUncovered(where);
    const reach = { clientId: nameOf(asker.caller), regions };
    const { ids, more } = await this.whoFit(await this.way(tx, where, reach), where);
    if (reach.clientId === CONSOLE && ids.length > 0) await this.store.nameForConsole(tx, ids, randomId);
    // Somebody may have changed meanwhile, and is compared once more.
    const locked = ids.length > 0 ? await this.store.lock(tx, ids, reach) : [];
    this.sealer.demandWarm(locked);
    const found = locked.flatMap((person) => this.fitting(person, where, () => this.shown(person)));
    // In the order of the caller's own random names: two callers' lists could else be laid side by side.
    found.sort((one, other) => Buffer.compare(one.pseudonym, other.pseudonym));
    const fields = partsAsked(where).map((part) => part.replace(':', '.'));
    const only = found.length === 1 && found[0] ? { subject: found[0].subject } : {};
    const entry = peopleSearched({ ...by(asker), fields, count: found.length, ...only });
    await this.audit.append(tx, entry);
    return { people: found.map(({ masked }) => masked), more };
  }

  private async way(tx: Tx, where: SearchWhere, reach: Reach): Promise<Find> {
    const { exact, through } = wayOf(this.index.plan, where);
    if (exact) {
      const digests = this.sealer.digests(exact, where[exact]);
      if (!digests) throw new Error('a field without an index in the search contract');
      return (page) => this.store.byValue(tx, exact, digests, reach, page);
    }
    const rows = through.flatMap((index) => this.index.lookedFor(index, where));
    const ids = [...new Set(rows.map(({ indexId }) => indexId))];
    if (ids.length < through.length || !(await this.indexStore.areReady(tx, ids))) throw searchNotReady();
    return (page) => this.store.byDigests(tx, rows, reach, page);
  }

  /** Opens one page after another: a digest of few bits leads to many who only share it. */
  private async whoFit(find: Find, where: SearchWhere): Promise<{ ids: Buffer[]; more: boolean }> {
    const ids: Buffer[] = [];
    let after: Buffer = START;
    for (let opened = 0; opened < OPENED_MAX; opened += PAGE) {
      const page = await find({ after, limit: PAGE });
      await this.demandWarm(page, opened, find);
      ids.push(...page.flatMap((person) => this.fitting(person, where, () => person.personId)));
      if (ids.length > FOUND_MAX) return { ids: ids.slice(0, FOUND_MAX), more: true };
      const last = page.at(-1);
      if (!last || page.length < PAGE) return { ids, more: false };
      after = last.personId;
    }
    return { ids, more: true };
  }

  /** Where somebody is cold, more of those behind are asked for along with them each time: else the search would begin anew for each page. */
  private async demandWarm(page: readonly KnownPerson[], opened: number, find: Find): Promise<void> {
    try {
      this.sealer.demandWarm(page);
    } catch (error) {
      const after = page.at(-1)?.personId;
      if (!(error instanceof NotReady) || !after || page.length < PAGE || opened === 0) throw error;
      this.sealer.demandWarm([
        ...page,
        ...(await find({ after, limit: Math.min(opened, OPENED_MAX - opened) })),
      ]);
      throw error;
    }
  }

  private shown(person: FoundPerson) {
    const { pseudonym, subject } = person;
    return { pseudonym, subject, masked: this.people.masked(person) };
  }

  /** Who doesn't open is left out: they must not keep all others from being found. */
  private fitting<T>(person: KnownPerson, where: SearchWhere, of: () => T): T[] {
    const fields = [...new Set(partsAsked(where).map(fieldOf))];
    try {
      return fits(this.sealer.open(person, fields), where) ? [of()] : [];
    } catch (error) {
      const broken = isUnopened(error) ? personBroken(error) : error;
      if (!(broken instanceof CodedError) || broken.code !== BROKEN) throw error;
      this.logger.error('a person who does not open is left out of a search', {
        ...{ code: BROKEN, error: broken.cause },
      });
      return [];
    }
  }
}
