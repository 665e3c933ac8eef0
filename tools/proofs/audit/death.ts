import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import pg from 'pg';
import type { Death } from './mortal-task.js';

type Call = (this: unknown, ...args: unknown[]) => unknown;

/** From here on this process counts what it sends to PostgreSQL and changes in files, and ends as it is told. */
export function dieAt({ at, moment, behind = { times: 0, of: '' } }: Death): void {
  let [steps, met] = [0, 0];
  const step = (name: string, act: () => unknown): unknown => {
    if (name.includes(behind.of)) met++;
    if (met < behind.times || steps++ !== at) return act();
    if (moment === 'before') killSelf();
    const acting = act();
    if (moment === 'during') setImmediate(killSelf);
    else if (acting instanceof Promise) return acting.finally(killSelf);
    return acting;
  };
  watch(pg.Client.prototype as unknown as Record<string, Call>, ['query'], step);
  watch(fs as unknown as Record<string, Call>, ['link', 'mkdir', 'open', 'rename', 'rm'], step);
  // So that those see it, too, who have imported a function by its name.
  syncBuiltinESMExports();
}

function watch(
  target: Record<string, Call>,
  names: string[],
  step: (name: string, act: () => unknown) => unknown,
): void {
  for (const name of names) {
    const call = target[name] as Call;
    target[name] = function (...args) {
      return step(nameOf(name, args[0]), () => call.apply(this, args));
    };
  }
}

/** A statement is known by its text, and a change of a file as one. */
function nameOf(call: string, first: unknown): string {
  if (call !== 'query') return 'file';
  return typeof first === 'string' ? first : String((first as { text?: string }).text);
}

function killSelf(): void {
  process.kill(process.pid, 'SIGKILL');
}
