/** What one promise turned out to be worth: facts that were checked, and what did not hold. */
export class Trial {
  readonly #lines: string[] = [];
  #failed = false;

  get holds(): boolean {
    // Nothing checked is nothing shown.
    return !this.#failed && this.#lines.length > 0;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /**
   * @param claim what is so if there is no problem
   * @param problem why it is not so, in a line without any personal value; anything false if it is
   */
  check(claim: string, problem: string | false | null | undefined): void {
    if (problem) this.#failed = true;
    this.#lines.push(problem ? `✗ ${claim}: ${problem}` : `· ${claim}`);
  }

  /** The promise could not even be tried to its end. */
  broke(error: unknown): void {
    this.#failed = true;
    this.#lines.push(`✗ ended early: ${error instanceof Error ? error.message : 'unknown'}`);
  }
}

export interface DemoPromise<Stage> {
  readonly title: string;
  readonly keep: (stage: Stage, trial: Trial) => Promise<void>;
}

/**
 * Tries the promises one after the other and tells of each as soon as it is known.
 * @returns how many hold
 */
export async function tryAll<Stage>(
  promises: readonly DemoPromise<Stage>[],
  stage: Stage,
  say: (line: string) => void,
): Promise<number> {
  let kept = 0;
  for (const [at, { title, keep }] of promises.entries()) {
    const trial = new Trial();
    const begun = Date.now();
    await keep(stage, trial).catch((error: unknown) => trial.broke(error));
    if (trial.holds) kept++;
    const seconds = ((Date.now() - begun) / 1_000).toFixed(1);
    say(`${trial.holds ? '✓' : '✗'} ${at + 1}. ${title} (${seconds} s)`);
    for (const line of trial.lines) say(`     ${line}`);
  }
  return kept;
}

/** 12,345 */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
