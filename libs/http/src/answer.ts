/** Redirects that keep a form's body from being sent on. */
type RedirectStatus = 302 | 303;

interface AnswerInit {
  readonly status?: 200 | 201 | 202 | 204;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** A reply with a status or headers other than the contract's usual ones. */
export class Answer<Body> {
  private constructor(
    readonly body: Body,
    readonly status: number | undefined,
    readonly headers: Readonly<Record<string, string | string[]>>,
    readonly redirectsTo: string | undefined,
  ) {}

  static of<Body>(body: Body, init: AnswerInit = {}): Answer<Body> {
    return new Answer(body, init.status, init.headers ?? {}, undefined);
  }

  /**
   * The outcome of `Idempotency.once`: says whether this is a kept reply (`Idempotent-Replayed: true`).
   */
  static once<Body>(outcome: { reply: Body; replayed: boolean }, init: AnswerInit = {}): Answer<Body> {
    const headers = outcome.replayed
      ? { ...init.headers, 'idempotent-replayed': 'true' }
      : (init.headers ?? {});
    return new Answer(outcome.reply, init.status, headers, undefined);
  }

  /** @param url built by us; a target that came from outside must have been checked against a list first */
  static redirect(
    url: string,
    init: { status?: RedirectStatus; headers?: AnswerInit['headers'] } = {},
  ): Answer<never> {
    return new Answer(undefined as never, init.status ?? 303, init.headers ?? {}, url);
  }

  withBody<Other>(body: Other): Answer<Other> {
    return new Answer(body, this.status, this.headers, this.redirectsTo);
  }
}
