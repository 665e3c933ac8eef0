import type { Caller } from '@integument/authz';
import { BlindIndex } from '@integument/crypto';
import type { HttpReply, HttpRequest } from '../request.js';
import type { Soon } from '../soon.js';
import { ALLOWANCES, type Allowance, type LimitedKind, type LimitTable } from './limit-settings.js';
import { type LimitedAs, limitedAddress, limitedCaller } from './limited-as.js';
import { RateLimited } from './rate-limited.js';
import type { SharedCounts } from './shared-counts.js';
import { type Count, type Taken, WindowCounts } from './window-counts.js';

export interface LimitsOptions {
  readonly table: LimitTable;
  /** null: each replica counts for itself */
  readonly shared: SharedCounts | null;
  /** 32 bytes, of this installation and for nothing else: the store's names are digests under it. Or what makes them */
  readonly key: Buffer | Pick<BlindIndex, 'digest'>;
  /** told once of each time that the store went away */
  readonly onAway: (error: unknown) => void;
  /** a minute when absent */
  readonly windowMs?: number;
  /** milliseconds since the epoch */
  readonly now?: () => number;
}

type Policies = Readonly<Record<Allowance, string>>;

/** What one caller may take from: found once for as long as the caller is believed, for it is the same request after request. */
interface Purse extends LimitedAs {
  readonly counts: Partial<Record<Allowance, Count>>;
}

const MINUTE_MS = 60_000;

/**
 * How many requests each caller may send, in each class of routes. Whoever proved who they are has an allowance of their
 * own that nobody else can spend; only who is nobody yet is counted by the address.
 */
export class Limits {
  // Two, so that a flood from many addresses can't push the callers' counts out of memory.
  readonly #callers: WindowCounts;
  readonly #strangers: WindowCounts;
  readonly #policies: Readonly<Record<LimitedKind, Policies>>;
  // By the object, which is frozen and goes with its lease.
  readonly #purses = new WeakMap<Caller, Purse | null>();

  constructor(private readonly options: LimitsOptions) {
    const { key, shared, onAway, now = Date.now, windowMs = MINUTE_MS } = options;
    const names = Buffer.isBuffer(key) ? new BlindIndex(key) : key;
    const counting = { shared, onAway, now, windowMs, names };
    this.#callers = new WindowCounts(counting);
    this.#strangers = new WindowCounts(counting);
    this.#policies = policiesOf(options.table, windowMs);
  }

  /** Takes the request from the caller's own allowance. @returns, or resolves to, the refusal if it is spent */
  caller(caller: Caller, allowance: Allowance, reply: HttpReply): Soon<RateLimited | undefined> {
    const purse = this.purseOf(caller);
    if (!purse) return undefined;
    const { kind, whose, counts } = purse;
    counts[allowance] ??= this.#callers.find(`${allowance} ${whose}`);
    return this.take(this.#callers, counts[allowance], kind, allowance, reply);
  }

  /** Takes a request of nobody known from what its address has. */
  stranger(request: HttpRequest, allowance: Allowance, reply: HttpReply): Soon<RateLimited | undefined> {
    const { kind, whose } = limitedAddress(request.ip);
    const count = this.#strangers.find(`${allowance} ${whose}`);
    return this.take(this.#strangers, count, kind, allowance, reply);
  }

  /** Lets go of the store. */
  async close(): Promise<void> {
    await this.options.shared?.close();
  }

  private purseOf(caller: Caller): Purse | null {
    let purse = this.#purses.get(caller);
    if (purse === undefined) {
      const as = limitedCaller(caller);
      purse = as && { ...as, counts: {} };
      this.#purses.set(caller, purse);
    }
    return purse;
  }

  private take(
    counts: WindowCounts,
    count: Count,
    kind: LimitedKind,
    allowance: Allowance,
    reply: HttpReply,
  ): Soon<RateLimited | undefined> {
    const taken = counts.take(count, this.options.table[kind][allowance]);
    // Most of all requests: no closure for them.
    if (!(taken instanceof Promise)) return this.answer(taken, kind, allowance, reply);
    return taken.then((found) => this.answer(found, kind, allowance, reply));
  }

  private answer(
    { allowed, left, resetMs, first, unsay }: Taken,
    kind: LimitedKind,
    allowance: Allowance,
    reply: HttpReply,
  ): RateLimited | undefined {
    const seconds = Math.ceil(resetMs / 1_000);
    reply.header('ratelimit-policy', this.#policies[kind][allowance]);
    // What an address has left says how much its other users send, so it is told only once nothing is.
    if (kind !== 'stranger' || !allowed) reply.header('ratelimit', `"${allowance}";r=${left};t=${seconds}`);
    return allowed ? undefined : new RateLimited(seconds, first, unsay);
  }
}

/** `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10): a structured list of name, quota and seconds. */
function policiesOf(table: LimitTable, windowMs: number): Readonly<Record<LimitedKind, Policies>> {
  const of = (kind: LimitedKind) =>
    Object.fromEntries(
      ALLOWANCES.map((name) => [name, `"${name}";q=${table[kind][name]};w=${Math.ceil(windowMs / 1_000)}`]),
    ) as Policies;
  return { client: of('client'), person: of('person'), staff: of('staff'), stranger: of('stranger') };
}
