import { type FoundEntry, LogRefused } from './found-entry.js';
import type { ReadFilter } from './read-arguments.js';

const LINE = /^\{"position":(0|[1-9][0-9]{0,15}),"entry":(\{.*\}|null)\}$/s;

interface LooseEntry {
  readonly [name: string]: unknown;
}

/** Reads the lines of an app's stream, believing nothing: each must be an entry that was asked for, and in its order. */
export class EntryLines {
  private last = { at: Number.NEGATIVE_INFINITY, position: -1 };

  constructor(
    private readonly log: string,
    private readonly filter: ReadFilter,
  ) {}

  /** @throws {LogRefused} */
  read(line: string): FoundEntry {
    const [, digits, text = ''] = LINE.exec(line) ?? [];
    const position = Number(digits);
    if (!Number.isSafeInteger(position))
      throw refuse('line', 'the app answered with a line that is no entry', null);
    if (text === 'null') throw refuse('absent', 'what is stored there is no entry any more', position);
    const entry = parse(text);
    if (!entry) throw refuse('line', 'the app answered with a line that is no entry', position);
    if (!fits(entry, this.filter))
      throw refuse('unasked', 'the entry does not fit what was asked for', position);
    return { log: this.log, position, text, at: this.inOrder(entry, position) };
  }

  /** Order of time, then position: so positions go back where the clocks of an app's processes differed, times don't. */
  private inOrder(entry: LooseEntry, position: number): number {
    const at = timeOf(entry);
    // Only a hand in the database writes one. It stays behind the entry before it.
    if (Number.isNaN(at)) return this.last.at;
    const { last } = this;
    if (at < last.at || (at === last.at && position <= last.position))
      throw refuse('order', 'the entry comes behind a later one, or twice', position);
    this.last = { at, position };
    return at;
  }
}

function parse(text: string): LooseEntry | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as LooseEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** NaN for an entry without a time that can be read. */
function timeOf({ at }: LooseEntry): number {
  return typeof at === 'string' ? Date.parse(at) : Number.NaN;
}

const EQUAL = ['action', 'subject', 'purpose', 'outcome', 'code'] as const;

function fits(entry: LooseEntry, filter: ReadFilter): boolean {
  const { actor, from, to } = filter;
  const at = timeOf(entry);
  return (
    EQUAL.every((name) => filter[name] === undefined || entry[name] === filter[name]) &&
    (actor === undefined || (entry.actor as LooseEntry | undefined)?.id === actor) &&
    // As the app reads a day or a moment; what can't be read is compared with nothing.
    !(from !== undefined && at < Date.parse(from)) &&
    !(to !== undefined && at >= Date.parse(to))
  );
}

function refuse(code: 'line' | 'absent' | 'unasked' | 'order', message: string, position: number | null) {
  return new LogRefused(`entry.${code}`, message, position);
}
