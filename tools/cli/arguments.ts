import { type ParseArgsConfig, parseArgs } from 'node:util';
import { WrongUse } from './failure.js';

export { many, one } from '../auditor/options.js';
export const flag = { type: 'boolean', default: false } as const;

const MEANINGS: Readonly<Record<string, string>> = {
  ERR_PARSE_ARGS_UNKNOWN_OPTION: 'there is an option that this command does not have',
  ERR_PARSE_ARGS_INVALID_OPTION_VALUE: 'an option lacks its value, or has one that it does not take',
};

/** @throws {WrongUse} whose text quotes nothing, since a secret could have been typed in the wrong place */
export function readArguments<const Known extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Known,
) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new WrongUse(MEANINGS[code] ?? 'the arguments can’t be read');
  }
}

/** The one argument that stands beside the options. */
export function onlyOne(positionals: readonly string[], what: string): string {
  const [first, ...others] = positionals;
  if (first === undefined || others.length > 0) throw new WrongUse(`one ${what} is wanted`);
  return first;
}

/** `a=b`, at the first or the last `=`: the part that is a column may hold more of them. */
export function pairOf(text: string, at: 'first' | 'last', option: string): readonly [string, string] {
  const place = at === 'first' ? text.indexOf('=') : text.lastIndexOf('=');
  if (place < 1 || place === text.length - 1) throw new WrongUse(`--${option} wants the form name=value`);
  return [text.slice(0, place), text.slice(place + 1)];
}

export function wholeNumber(text: string, option: string, most: number): number {
  const number = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) throw new WrongUse(`--${option} is a number from 1 to ${most}`);
  return number;
}
