import type { Tx } from '@integument/database';
import type { Find, Round } from './rounds.js';

interface Told {
  /** by `Class.property`: what it is */
  readonly is?: Readonly<Record<string, unknown>>;
  /** by `Class.method`: what it answers; else nothing */
  readonly answers?: Readonly<Record<string, unknown>>;
}

/** Stands for all that a container made, and says what of it was called: what each does has tests of its own. */
export class Called {
  #calls: string[] = [];

  constructor(private readonly told: Told = {}) {}

  readonly find: Find = <T>(token: abstract new (...args: never[]) => T): T =>
    (token.name === 'UnitOfWork' ? this.unitOfWork() : this.thing(token.name)) as T;

  /** Each round as a line of a table. */
  async tableOf(rounds: readonly Round[]): Promise<[everyMs: number, task: string, called: string][]> {
    const table: [number, string, string][] = [];
    for (const { everyMs, task, run } of rounds) {
      this.#calls = [];
      await run(new AbortController().signal);
      table.push([everyMs, task, this.#calls.join(', ')]);
    }
    return table;
  }

  thing(name: string): object {
    const { is = {}, answers = {} } = this.told;
    const member = (_: object, key: string | symbol): unknown => {
      const called = `${name}.${String(key)}`;
      if (called in is) return is[called];
      return () => {
        this.#calls.push(called);
        return Promise.resolve(answers[called]);
      };
    };
    return new Proxy({}, { get: member });
  }

  /** Statements are called by what they do to which table. */
  private unitOfWork(): object {
    const query = (sql: string) => Promise.resolve(this.#calls.push(sql.replace(/ WHERE.*/s, '')));
    const within = (work: (tx: Tx) => unknown) => Promise.resolve(work({ query } as unknown as Tx));
    return { run: within, single: within };
  }
}
