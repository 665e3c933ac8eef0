import type { AuditLog } from '@integument/audit-log';
import { CodedError, type HeldToken, heldToken, type Predicate } from '@integument/contracts';
import { Coalescer, type UnitOfWork } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { Turns } from '../../platform/turns.js';
import { isKeyringUnavailable } from '../keyring/index.js';
import type { RevealDecisions, RevealWish } from '../reveals/index.js';
import { grantsBy, takenGrants } from './reveal-grants.js';
import type { NamedToken, TokenLookup } from './token-lookup.js';
import type { Answered, Revealed, RevealRequest, TokenRevealer, Told } from './token-revealer.js';
import { revealRefusedInBatch } from './tokens.audit.js';
import { malformed } from './tokens.errors.js';

type AskWish = Pick<RevealWish, 'purpose' | 'reason'>;

/** Decides about reveals of tokens before anything is looked up; single ones that arrive together share a transaction. */
export class TokenRevealDesk {
  readonly #singles: Coalescer<RevealRequest, CodedError | Told>;

  constructor(
    private readonly revealer: TokenRevealer,
    private readonly lookup: TokenLookup,
    private readonly decisions: RevealDecisions,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {
    this.#singles = new Coalescer({
      maxBatch: 500,
      concurrency: 2,
      flush: async (requests) => {
        const told = await this.tellAll(requests);
        return told.map(([one]) => one ?? malformed());
      },
    });
  }

  /** @throws CodedError why it is not told */
  async revealOne(asker: Asker, held: HeldToken, wish: RevealWish): Promise<Revealed> {
    const name = this.lookup.name(asker.caller, held);
    if (name instanceof CodedError) throw name;
    const request = await this.requestOf({ asker, wish, tokens: [name], eachForItself: false });
    const told = await this.#singles.submit(request);
    if (told instanceof CodedError) throw told;
    return told;
  }

  /** Whether something is true of the value. Who may be told a mask of it may ask. @throws CodedError why it is not answered */
  async ask(asker: Asker, held: HeldToken, question: Predicate, what: AskWish): Promise<Answered> {
    const wish = { ...what, form: 'masked' } as const;
    const tokens = [this.lookup.name(asker.caller, held)];
    const request = await this.requestOf({ asker, wish, tokens, eachForItself: false });
    const told = await this.unitOfWork.run((tx) => this.revealer.reveal(tx, [{ ...request, question }]));
    const answered = told[0]?.[0];
    if (answered === undefined || answered instanceof CodedError) throw answered ?? malformed();
    return answered as Answered;
  }

  /** Each is answered for itself. @throws CodedError `people.purpose_not_allowed` */
  async revealBatch(
    asker: Asker,
    entries: readonly unknown[],
    wish: RevealWish,
  ): Promise<(Revealed | CodedError)[]> {
    const tokens = await new Turns().map(entries, (entry) => this.nameOf(asker, entry));
    const request = await this.requestOf({ asker, wish, tokens, eachForItself: true });
    const [told = []] = await this.unitOfWork.run((tx) => this.revealer.reveal(tx, [request]));
    return told;
  }

  /** @throws CodedError what is to be refused whatever the tokens are */
  async check(asker: Asker, wish: RevealWish): Promise<void> {
    await this.decisions.about(asker.caller, wish);
  }

  /** A stream that was let in and then went no further. */
  async ended(asker: Asker, { purpose, reason }: RevealWish, code: string): Promise<void> {
    const entry = revealRefusedInBatch({ ...by(asker), outcome: 'refused', code, purpose, reason });
    await this.unitOfWork.run((tx) => this.audit.append(tx, entry));
  }

  /** Requests of strangers: where a key can't be opened now, that is the answer of those alone that need it. */
  private async tellAll(requests: readonly RevealRequest[]): Promise<(Told | CodedError)[][]> {
    const tell = (away?: CodedError) => this.unitOfWork.run((tx) => this.revealer.reveal(tx, requests, away));
    try {
      return await tell();
    } catch (error) {
      if (requests.length > 1 && isKeyringUnavailable(error)) return tell(error);
      throw error;
    }
  }

  private nameOf(asker: Asker, entry: unknown): NamedToken | CodedError {
    // Reading it checks all that its schema does, and more.
    if (typeof entry === 'string') return this.lookup.name(asker.caller, entry);
    const parsed = heldToken.safeParse(entry);
    return parsed.success ? this.lookup.name(asker.caller, parsed.data) : malformed();
  }

  private async requestOf(wanted: Omit<RevealRequest, 'grant'>): Promise<RevealRequest> {
    const { asker, wish, tokens } = wanted;
    const decision = await this.decisions.about(asker.caller, wish);
    const grantOf = grantsBy(decision);
    if (!decision.mayBeLimited()) return { ...wanted, grant: grantOf };
    const named = await this.unitOfWork.run((tx) => this.revealer.fieldsAndRegions(tx, { asker, tokens }));
    const grant = await takenGrants(this.decisions, asker.caller, grantOf, named);
    return { ...wanted, grant };
  }
}
