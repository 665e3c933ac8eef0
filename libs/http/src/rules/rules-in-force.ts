import {
  type About,
  type Caller,
  type OwnAbility,
  parseRuleText,
  type Regions,
  RuleBook,
} from '@integument/authz';
import { attributesOf, CodedError, type RouteContract, type RuledApp } from '@integument/contracts';
import { forbidden } from '../admission.js';
import { CLOCKS, type Clocks, Lease, RULES_LEASE_MS } from '../leases/lease.js';
import type { Soon } from '../soon.js';

const YOUNG_MS = RULES_LEASE_MS / 2;
const TRIES = 3;

/** Where the rules come from. */
export interface RuleSource {
  /** Which version is in force while this is answered: never from anybody's memory. */
  current(): Promise<{ readonly version: number; readonly digest: string }>;
  /** Its text, which is checked against the digest. */
  text(version: number): Promise<string>;
}

type Asking = Pick<RouteContract, 'ability'>;

interface Held {
  readonly lease: Lease<never>;
  readonly book: RuleBook;
}

/**
 * The stored rules that are in force, for all callers of this process together: asked for at most twice a second and only while requests
 * come that rules can be about, so no request pays for a look-up. Where it can't be known which are in force, nothing is decided.
 */
export class RulesInForce {
  #held: Held | null = null;
  #asked: Promise<Held> | null = null;
  readonly #ruled = new WeakMap<RouteContract, boolean>();

  constructor(
    private readonly app: RuledApp,
    private readonly source: RuleSource,
    private readonly clocks: Clocks = CLOCKS,
    /** milliseconds since the epoch, for hours */
    readonly now: () => number = Date.now,
  ) {}

  /** @returns null where no rule can be about this route and caller, so that these need nobody to be reachable */
  bookFor(contract: RouteContract, caller: Caller | null): Soon<RuleBook | null> {
    return isNarrowed(caller) && this.isRuled(contract) ? this.book() : null;
  }

  /** @returns a promise only where none was asked for lately. Rejects, 503, where it can't be known. */
  book(): Soon<RuleBook> {
    const held = this.#held;
    const age = held?.lease.age() ?? Number.POSITIVE_INFINITY;
    if (!held || age >= RULES_LEASE_MS) return this.find();
    // In time for those who come next; whether it fails is seen when they come too late for this lease.
    if (age >= YOUNG_MS) this.ask().catch(() => undefined);
    return held.book;
  }

  /** @returns null unless it is known right now */
  current(): RuleBook | null {
    return this.#held?.lease.holds() ? this.#held.book : null;
  }

  /**
   * Decides by the stored rules, once it is known what the request is about. What it reaches is for the WHERE of the statement that loads
   * the object, so that a person of elsewhere is the same 404 as none. To be asked before a transaction begins: it may have to wait for a
   * connection of its own.
   * @throws CodedError `auth.forbidden` where the rules say no wherever the person lives
   */
  async reach(caller: Caller, contract: Asking, about: About = {}): Promise<Regions> {
    return isNarrowed(caller) ? this.reachUnder(await this.book(), caller, contract, about) : null;
  }

  /** The same by a version that is at hand, for a decision that asks it for more than this. */
  reachUnder(book: RuleBook, caller: Caller, { ability }: Asking, about: About): Regions {
    if (!ability) throw new Error('this route asks for no ability');
    const { refusedBy, regions } = book.ruling(caller, ability, about, this.now());
    if (refusedBy.length > 0) throw forbidden();
    return regions;
  }

  /** Tells of abilities whether rules or reveal policies may say no. Never rejects: it decides nothing. */
  async concerned(caller: Caller): Promise<(ability: OwnAbility) => boolean> {
    if (!isNarrowed(caller)) return () => false;
    try {
      const book = await this.book();
      const free = book.freePurposes(caller);
      return (ability) => book.concerns(caller, ability) || !isFree(ability, free);
    } catch {
      return ({ action, resource }) => attributesOf(this.app, `${action} ${resource}`) !== null;
    }
  }

  private async find(): Promise<RuleBook> {
    for (let tries = 0; tries < TRIES; tries++) {
      const { lease, book } = await this.ask();
      if (lease.holds()) return book;
    }
    throw unavailable();
  }

  private ask(): Promise<Held> {
    this.#asked ??= this.look().finally(() => {
      this.#asked = null;
    });
    return this.#asked;
  }

  private async look(): Promise<Held> {
    // Before the question: the answer may have been true only in its first moment.
    const lease = new Lease<never>(this.clocks, RULES_LEASE_MS);
    try {
      const { version, digest } = await this.source.current();
      const known = this.#held?.book;
      const book =
        known?.version === version && known.digest === digest ? known : await this.read(version, digest);
      this.#held = { lease, book };
      return this.#held;
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  private async read(version: number, digest: string): Promise<RuleBook> {
    const document = parseRuleText(await this.source.text(version), digest);
    return new RuleBook(document, this.app, version, digest);
  }

  private isRuled(contract: RouteContract): boolean {
    const known = this.#ruled.get(contract);
    if (known !== undefined) return known;
    const { ability } = contract;
    const is =
      ability !== undefined && attributesOf(this.app, `${ability.action} ${ability.resource}`) !== null;
    this.#ruled.set(contract, is);
    return is;
  }
}

/** Whether no reveal policy keeps the caller from what the code says of this ability. */
function isFree({ action, resource, conditions }: OwnAbility, purposes: ReadonlySet<string>): boolean {
  if (action !== 'reveal' || resource !== 'Person') return true;
  return conditions?.purpose.$in.every((purpose) => purposes.has(purpose)) ?? false;
}

function isNarrowed(caller: Caller | null): boolean {
  return caller?.kind === 'staff' || caller?.kind === 'client';
}

function unavailable(cause?: unknown): CodedError {
  return new CodedError('rules.unavailable', 503, 'It cannot be known which rules are in force. Try again.', {
    cause,
    headers: { 'retry-after': '1' },
  });
}
