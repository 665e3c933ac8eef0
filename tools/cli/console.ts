import type { Interruption } from './interruption.js';
import type { Environment } from './settings.js';

/** Whoever called the command, and from where. */
export interface Console {
  readonly environment: Environment;
  readonly interruption: Interruption;
  readonly stderr: NodeJS.WriteStream;
  out(line: string): void;
  error(line: string): void;
}

export function thisConsole(interruption: Interruption): Console {
  return {
    environment: process.env,
    interruption,
    stderr: process.stderr,
    out: (line) => void process.stdout.write(`${line}\n`),
    error: (line) => void process.stderr.write(`${line}\n`),
  };
}
