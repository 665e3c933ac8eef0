import type { Idempotency, IdempotentRequest, Tx, UnitOfWork } from '@integument/database';
import { Answer } from './answer.js';

/** Runs what a request changes: in one transaction, and at most once for each Idempotency-Key. */
export class Effects {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
  ) {}

  /** @param key from `@IdempotencyKey()`; without one the effect simply runs */
  run<Reply>(key: IdempotentRequest | undefined, effect: (tx: Tx) => Promise<Reply>): Promise<Answer<Reply>> {
    return this.unitOfWork.run((tx) => this.within(tx, key, effect));
  }

  /** The same in a transaction that is open already. */
  async within<Reply>(
    tx: Tx,
    key: IdempotentRequest | undefined,
    effect: (tx: Tx) => Promise<Reply>,
  ): Promise<Answer<Reply>> {
    return Answer.once(await this.idempotency.once(tx, key, () => effect(tx)));
  }
}
