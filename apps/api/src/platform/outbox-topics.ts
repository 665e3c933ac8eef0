/** What messages of this app's outbox can be about. One without a handler in the worker, or one that isn't here, does not compile. */
export type OutboxTopic =
  | 'letters.request'
  | 'opt-outs.keep'
  | 'permits.freeze'
  | 'recommendations.destroy-model-key';
