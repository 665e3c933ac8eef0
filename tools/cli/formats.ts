import { WrongUse } from './failure.js';
import { FORMATS, type Format } from './rows/row.js';

/** What an option says, or else the file's name. */
export function formatOf(file: string, asked: string | undefined): Format {
  const name = asked ?? /\.(csv|ndjson|jsonl)$/.exec(file)?.[1]?.replace('jsonl', 'ndjson');
  const format = FORMATS.find((known) => known === name);
  if (!format) throw new WrongUse('--format is csv or ndjson');
  return format;
}

export function delimiterOf(text: string): string {
  const delimiter = text === '\\t' ? '\t' : text;
  if (!/^[^\r\n"]$/.test(delimiter)) throw new WrongUse('--delimiter is one character');
  return delimiter;
}
