import type { INestApplicationContext } from '@nestjs/common';

/** What the container made. */
export type Find = <T>(token: abstract new (...args: never[]) => T) => T;

/** Something to be done again and again. */
export interface Round {
  readonly everyMs: number;
  readonly task: string;
  /** @param stop says when a long run has to end */
  readonly run: (stop: AbortSignal) => Promise<unknown>;
}

export function findIn(app: INestApplicationContext): Find {
  return <T>(token: abstract new (...args: never[]) => T): T => app.get<T>(token, { strict: false });
}

export function every(everyMs: number, task: string, run: Round['run']): Round {
  return { everyMs, task, run };
}
