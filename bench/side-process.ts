import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

type Outcome<Answer> = { readonly answer: Answer } | { readonly failure: string };

/**
 * A program of the bench in a process of its own, such as a limit's server or the load: it takes one question at a time
 * and ends with the bench, however that ends.
 */
export class SideProcess<Question extends object, Answer> {
  readonly #child: ChildProcess;

  /** @param program beside this file, in the build */
  constructor(program: string) {
    this.#child = fork(fileURLToPath(new URL(program, import.meta.url)), {
      serialization: 'advanced', // Buffers stay Buffers
      env: { PATH: process.env.PATH, NODE_ENV: 'production' },
      execArgv: [],
      // As the supervisor starts the apps. Linux shares the processor out by session first (autogroup): an app in a session
      // of its own against a limit in that of the load would be measured by other rules.
      detached: true,
    });
  }

  /** @throws what the program threw, or that it ended */
  async ask(question: Question): Promise<Answer> {
    const asked = new AbortController();
    try {
      const answered = once(this.#child, 'message', { signal: asked.signal });
      const ended = once(this.#child, 'exit', { signal: asked.signal });
      this.#child.send(question);
      const outcome = await Promise.race([
        answered.then(([message]) => message as Outcome<Answer>),
        ended.then(() => ({ failure: 'it ended' })),
      ]);
      if ('failure' in outcome) throw new Error(`${this.#child.spawnargs.at(-1)}: ${outcome.failure}`);
      return outcome.answer;
    } finally {
      asked.abort();
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}

/** The program's own end of {@link SideProcess}. */
export function answerQuestions<Question, Answer>(handle: (question: Question) => Promise<Answer>): void {
  process.on('message', (question: Question) => {
    void handle(question)
      .then((answer): Outcome<Answer> => ({ answer }))
      .catch((error: unknown): Outcome<Answer> => ({ failure: String(error) }))
      .then((outcome) => process.send?.(outcome));
  });
  process.on('disconnect', () => process.exit(0));
}
