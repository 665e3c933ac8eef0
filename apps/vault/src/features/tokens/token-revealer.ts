import type { AuditLog } from '@integument/audit-log';
import { reaches } from '@integument/authz';
import {
  type askToken,
  CodedError,
  dayOf,
  type Predicate,
  type ReplyOf,
  type RevealResult,
  type TokenValue,
} from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import { NotReady, type Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { Turns } from '../../platform/turns.js';
import { answer, type Catalogue, decryptToken, maskedText, type TokenField } from '../catalogue/index.js';
import { isKeyringUnavailable } from '../keyring/index.js';
import { openedOr } from '../keys/index.js';
import { allowing, type RevealGrant, type RevealWish } from '../reveals/index.js';
import { type AllowedReveal, revealEntries } from './reveal-entries.js';
import { isStored, type TokenHolder } from './sealed-token.js';
import type { FoundTokens, NamedToken, TokenLookup } from './token-lookup.js';
import type { TokenSealer } from './token-sealer.js';
import { BROKEN, fieldUnknown, tokenBroken, tokenNotFound } from './tokens.errors.js';
import type { TokensStore } from './tokens.store.js';
import { UseCounts } from './use-counts.js';

/** Some tokens that somebody wants to know the values of. */
export interface RevealRequest {
  readonly asker: Asker;
  readonly wish: RevealWish;
  /** what is asked of the values, which then are not told */
  readonly question?: Predicate | undefined;
  readonly tokens: readonly (NamedToken | CodedError)[];
  /** whether a refusal is one token's answer, and not that to the request */
  readonly eachForItself: boolean;
  /** what was decided about a field, of somebody who lives there */
  readonly grant: (field: TokenField, region: string | null) => RevealGrant | CodedError;
}

export type Revealed = Exclude<RevealResult, { code: string }>;
export type Answered = ReplyOf<typeof askToken>;
export type Told = Answered | Revealed;
type Decided = AllowedReveal | CodedError;
type Outcome = (AllowedReveal & { readonly told: Told }) | CodedError;

/** What tokens stand for: found, decided, opened, counted and written down, and only then told. */
export class TokenRevealer {
  constructor(
    private readonly store: TokensStore,
    private readonly lookup: TokenLookup,
    private readonly catalogue: Catalogue,
    private readonly sealer: TokenSealer,
    private readonly audit: AuditLog,
    private readonly logger: Pick<Logger, 'error'>,
  ) {}

  /**
   * @param away why keys can't be opened, where that is known: then it is the answer of those that need one, and of no other
   * @returns for each request, in the order of its tokens: the value, or why it is not told
   */
  async reveal(
    tx: Tx,
    requests: readonly RevealRequest[],
    away: CodedError | null = null,
  ): Promise<(Told | CodedError)[][]> {
    const turns = new Turns();
    const decided = await this.decideAll(tx, requests, turns);
    const allowed = decided.flat().filter(isAllowed);
    // Not before, so that the keyring hears of no key of which nothing is told; and before any change, as all of it may be done again.
    if (!away) this.sealer.demandWarm(holdersOf(allowed));
    const uses = await UseCounts.hold(this.store, tx, allowed);
    const outcomes: Outcome[][] = [];
    for (const [at, request] of requests.entries())
      outcomes.push(await turns.map(decided[at] ?? [], (one) => this.open(request, one, uses, away)));
    await uses.write(this.store, tx);
    const entries = requests.flatMap((request, at) => revealEntries(request, outcomes[at] ?? []));
    if (entries.length > 0) await this.audit.append(tx, ...entries);
    this.report(outcomes.flat());
    return outcomes.map((some) => some.map((one) => ('told' in one ? one.told : one)));
  }

  /** Where the people live whose tokens these are: known before a reveal is taken from an allowance. */
  async fieldsAndRegions(
    tx: Tx,
    { asker, tokens }: Pick<RevealRequest, 'asker' | 'tokens'>,
  ): Promise<{ field: TokenField; region: string | null }[]> {
    const found = await this.lookup.find(tx, tokens);
    const holders = await this.lookup.hold(tx, found);
    return tokens.flatMap((name) => {
      const kept = name instanceof CodedError ? name : found.get(asker.caller, name);
      const field = kept instanceof CodedError ? undefined : this.catalogue.find(kept.field);
      if (kept instanceof CodedError || !field) return [];
      return [{ field, region: (kept.personId && holders.get(bytesKey(kept.personId))?.region) ?? null }];
    });
  }

  /** Nobody else may hear of it: in a batch it is one entry's answer. */
  private report(outcomes: readonly Outcome[]): void {
    const broken = outcomes.flatMap((one) => ('code' in one && one.code === BROKEN ? [one] : []));
    if (broken.length === 0) return;
    const what = { code: BROKEN, count: broken.length, error: broken[0]?.cause };
    this.logger.error('tokens do not open', what);
  }

  private async decideAll(tx: Tx, requests: readonly RevealRequest[], turns: Turns): Promise<Decided[][]> {
    const found = await this.lookup.find(
      tx,
      requests.flatMap(({ tokens }) => tokens),
    );
    const holders = await this.lookup.hold(tx, found);
    const decided: Decided[][] = [];
    for (const request of requests)
      decided.push(await turns.map(request.tokens, (name) => this.decide(request, name, found, holders)));
    return decided;
  }

  private decide(
    request: RevealRequest,
    name: NamedToken | CodedError,
    found: FoundTokens,
    holders: ReadonlyMap<string, TokenHolder>,
  ): Decided {
    const kept = name instanceof CodedError ? name : found.get(request.asker.caller, name);
    if (kept instanceof CodedError) return kept;
    const field = this.catalogue.find(kept.field);
    if (!field) return fieldUnknown();
    const holder = kept.personId && (holders.get(bytesKey(kept.personId)) ?? null);
    // Somebody who is being erased: their tokens are gone in a moment.
    if (kept.personId && !holder) return tokenNotFound();
    const region = holder?.region ?? null;
    const granted = request.grant(field, region);
    if (granted instanceof CodedError) return granted;
    if (!reaches(granted.regions, region)) return tokenNotFound();
    return { kept, field, holder, policies: allowing(granted, region) };
  }

  private open(request: RevealRequest, decided: Decided, uses: UseCounts, away: CodedError | null): Outcome {
    if (!isAllowed(decided)) return decided;
    const text = away ? openOr(away, () => this.textOf(decided)) : this.textOf(decided);
    // What doesn't open takes no use, and isn't written down as told.
    if (text instanceof CodedError) return text;
    const { kept, field, holder, policies } = decided;
    if (!uses.take(kept)) return tokenNotFound();
    return { kept, field, holder, policies, told: this.tell(decided, text, request) };
  }

  private tell({ field, holder }: AllowedReveal, text: string, { wish, question }: RevealRequest): Told {
    if (question) {
      const today = dayOf(Date.now());
      return { field: field.name, answer: answer(field.kind, text, question, today, holder?.region ?? null) };
    }
    if (wish.form === 'masked') return { field: field.name, masked: maskedText(field, text) };
    return { field: field.name, value: field.kind.value(text) as TokenValue };
  }

  private textOf({ kept, field, holder }: AllowedReveal): string | CodedError {
    if (isStored(kept)) return openedOr(tokenBroken, () => this.sealer.open(kept, holder));
    if (!field.kind.format) throw new Error('a format-preserving token of a field without a format');
    return decryptToken(field.kind.format, kept.format, this.sealer.cipher(kept.field, kept.domain));
  }
}

function isAllowed(decided: Decided): decided is AllowedReveal {
  return 'kept' in decided;
}

/** What needs no more than is at hand is opened. */
function openOr<Opened>(away: CodedError, open: () => Opened): Opened | CodedError {
  try {
    return open();
  } catch (error) {
    if (error instanceof NotReady || isKeyringUnavailable(error)) return away;
    throw error;
  }
}

/** Each once. As they are asked for: outside of strict mode nobody does. */
function* holdersOf(allowed: readonly AllowedReveal[]): Generator<TokenHolder> {
  yield* new Set(allowed.flatMap(({ holder }) => holder ?? []));
}
