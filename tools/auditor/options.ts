import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './usage-error.js';

type Options = NonNullable<ParseArgsConfig['options']>;

export const many = { type: 'string', multiple: true, default: [] as string[] } as const;
export const one = { type: 'string' } as const;

/** Reads options and what stands beside them. @throws {UsageError} where there are others */
export function readOptions<const Known extends Options>(args: readonly string[], options: Known) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch {
    // Its message would quote what was given.
    throw new UsageError();
  }
}
