import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';
import type { Death } from './mortal-task.js';

type Call = (this: unknown, ...args: unknown[]) => unknown;

/** From here on this process counts what it sends to PostgreSQL and changes in files, and ends as it is told. */
export function dieAt({ at, moment }: Death): void {
  let steps = 0;
  const step = (act: () => unknown): unknown => {
    if (steps++ !== at) return act();
    if (moment === 'before') killSelf();
    const acting = act();
    if (moment === 'during') setImmediate(killSelf);
    else if (acting instanceof Promise) return acting.finally(killSelf);
    return acting;
  };
  watch(pg.Client.prototype as unknown as Record<string, Call>, ['query'], step);
  watch(fs as unknown as Record<string, Call>, ['mkdir', 'open', 'rename'], step);
  // So that those see it, too, who have imported a function by its name.
  syncBuiltinESMExports();
}

function watch(target: Record<string, Call>, names: string[], step: (act: () => unknown) => unknown): void {
  for (const name of names) {
    const call = target[name] as Call;
    target[name] = function (...args) {
      return step(() => call.apply(this, args));
    };
  }
}

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL');
}
