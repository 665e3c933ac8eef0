import { CodedError } from '@integument/contracts';

const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : String(error));

/** How often each code was the answer; `done` for a success. */
export async function outcomes(asked: Promise<unknown>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of await Promise.allSettled(asked)) {
    const name = outcome.status === 'fulfilled' ? 'done' : codeOf(outcome.reason);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
