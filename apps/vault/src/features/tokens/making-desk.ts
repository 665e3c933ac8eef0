import type { AuditLog } from '@integument/audit-log';
import { type Regions, reaches } from '@integument/authz';
import {
  CodedError,
  type makeTokens,
  type NewToken,
  type ReplyOf,
  type TokenResult,
} from '@integument/contracts';
import { Coalescer, type Tx, type UnitOfWork } from '@integument/database';
import { type Asker, by, forbidden, InvalidRequest } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { grouped } from '../../platform/grouped.js';
import { Turns } from '../../platform/turns.js';
import type { Catalogue } from '../catalogue/index.js';
import { isPlain, type Made, type PlainTokens, type TokenMaker } from './token-maker.js';
import { makingRefusedInBatch } from './tokens.audit.js';
import { EntryInvalid, type TokenWish, wishIn, wishOf } from './wanted-token.js';

type BatchReply = ReplyOf<typeof makeTokens>;
type Refused = CodedError | EntryInvalid;

/** Takes values in: single ones that arrive together share a commit, batches answer each value for itself. */
export class MakingDesk {
  readonly #singles: Coalescer<PlainTokens, undefined>;

  constructor(
    private readonly maker: TokenMaker,
    private readonly catalogue: Catalogue,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly logger: Pick<Logger, 'error'>,
  ) {
    this.#singles = new Coalescer({
      maxBatch: 500,
      flush: async (made) => {
        await this.unitOfWork.single((tx) => Promise.resolve(this.maker.insertPlain(tx, made)));
        return made.map(() => undefined);
      },
    });
  }

  /** @throws CodedError why there is none */
  async makeOne(asker: Asker, asked: NewToken, regions: Regions): Promise<{ token: string }> {
    const wish = wishOf(this.catalogue, asker.caller, asked);
    if (wish instanceof CodedError) throw wish;
    if (!isPlain(wish)) return this.unitOfWork.run((tx) => this.makeWithin(tx, asker, wish, regions));
    if (!reaches(regions, null)) throw forbidden();
    const plain = await this.maker.preparePlain(asker, [wish]);
    await this.#singles.submit(plain);
    return { token: plain.texts[0] ?? '' };
  }

  /** The same in a transaction that already holds an Idempotency-Key. */
  async makeOneWithin(tx: Tx, asker: Asker, asked: NewToken, regions: Regions): Promise<{ token: string }> {
    const wish = wishOf(this.catalogue, asker.caller, asked);
    if (wish instanceof CodedError) throw wish;
    return this.makeWithin(tx, asker, wish, regions);
  }

  /**
   * Makes what can be made and says of each other value why not.
   * @throws InvalidRequest naming those that can't be made, where it is to be all or none
   */
  async makeBatch(
    tx: Tx,
    asker: Asker,
    entries: readonly unknown[],
    { atomic, regions }: { readonly atomic: boolean; readonly regions: Regions },
  ): Promise<BatchReply> {
    const read = await this.read(asker, entries);
    if (atomic) refuseAny(read);
    const wishes = read.flatMap((one) => (isRefused(one) ? [] : [one]));
    const made = await this.makeAll(tx, asker, wishes, regions);
    let next = 0;
    const outcomes = read.map((one) => (isRefused(one) ? one : (made[next++] as Made)));
    this.report(outcomes);
    if (atomic) refuseAny(outcomes);
    return this.answer(tx, asker, outcomes);
  }

  /** A stream that was let in and then went no further. */
  async ended(asker: Asker, code: string): Promise<void> {
    const entry = makingRefusedInBatch({ ...by(asker), outcome: 'refused', code });
    await this.unitOfWork.run((tx) => this.audit.append(tx, entry));
  }

  /** What doesn't open is one entry's answer, and something for whoever runs the vault. */
  private report(outcomes: readonly (Made | Refused)[]): void {
    const broken = outcomes.flatMap((one) => (one instanceof CodedError && one.status >= 500 ? [one] : []));
    const [first] = broken;
    if (!first) return;
    const what = { code: first.code, count: broken.length, error: first.cause };
    this.logger.error('values for tokens do not open', what);
  }

  private async answer(tx: Tx, asker: Asker, outcomes: readonly (Made | Refused)[]): Promise<BatchReply> {
    const refused = outcomes.filter((one) => typeof one !== 'string');
    // The request itself is no refusal, so nothing else would tell of them.
    if (refused.length > 0) await this.audit.append(tx, ...refusals(asker, refused));
    return {
      made: outcomes.length - refused.length,
      refused: refused.length,
      results: outcomes.map(resultOf),
    };
  }

  /** Plain ones alone need neither a look-up nor a lock. */
  private async makeAll(
    tx: Tx,
    asker: Asker,
    wishes: readonly TokenWish[],
    regions: Regions,
  ): Promise<Made[]> {
    if (wishes.length === 0) return [];
    if (!reaches(regions, null) || !wishes.every(isPlain)) return this.maker.make(tx, asker, wishes, regions);
    const plain = await this.maker.preparePlain(asker, wishes, tx);
    this.maker.insertPlain(tx, [plain]);
    return [...plain.texts];
  }

  private read(asker: Asker, entries: readonly unknown[]): Promise<(TokenWish | Refused)[]> {
    return new Turns().map(entries, (entry) => wishIn(this.catalogue, asker.caller, entry));
  }

  private async makeWithin(
    tx: Tx,
    asker: Asker,
    wish: TokenWish,
    regions: Regions,
  ): Promise<{ token: string }> {
    const [made] = await this.maker.make(tx, asker, [wish], regions);
    if (made === undefined || made instanceof CodedError) throw made ?? new Error('no token was made');
    return { token: made };
  }
}

function isRefused(one: Made | Refused | TokenWish): one is Refused {
  return one instanceof CodedError || one instanceof EntryInvalid;
}

/** All or none: the whole request is what is wrong then, and nothing of it stays. */
function refuseAny(outcomes: readonly (Made | Refused | TokenWish)[]): void {
  const places = outcomes.flatMap((one, at) =>
    isRefused(one) ? [{ path: `body.values.${at}`, rule: one.code }] : [],
  );
  if (places.length > 0) throw new InvalidRequest(places.slice(0, 20));
}

function resultOf(one: Made | Refused): TokenResult {
  if (typeof one === 'string') return { token: one };
  if (one instanceof EntryInvalid) return { code: one.code, fields: one.fields };
  return { code: one.code as Extract<TokenResult, { code: string }>['code'] };
}

function refusals(asker: Asker, refused: readonly Refused[]): ReturnType<typeof makingRefusedInBatch>[] {
  return grouped(refused, ({ code }) => code).map((some) =>
    makingRefusedInBatch({ ...by(asker), outcome: 'refused', code: some[0]?.code ?? '', count: some.length }),
  );
}
