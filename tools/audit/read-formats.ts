import { csvLines, ENTRY_COLUMNS, entryCells } from '../../libs/audit-log/src/core/index.js';
import type { FoundEntry } from './found-entry.js';

/** How entries of several logs are written. */
interface ReadFormat {
  /** what stands before the first entry */
  readonly head: string;
  write(entries: readonly FoundEntry[]): string;
}

const READ_FORMATS = {
  /** The lines that `integument-verify --merge` writes. */
  ndjson: {
    head: '',
    write: (entries) =>
      entries
        .map(
          ({ log, position, text }) =>
            `{"log":${JSON.stringify(log)},"position":${position},"entry":${text}}\n`,
        )
        .join(''),
  },
  /** The columns of `GET /v1/audit/stream`, and the log before them. */
  csv: {
    head: csvLines([['log', 'position', ...ENTRY_COLUMNS]]),
    write: (entries) =>
      csvLines(entries.map(({ log, position, text }) => [log, position, ...entryCells(text)])),
  },
} satisfies Record<string, ReadFormat>;

export type ReadFormatName = keyof typeof READ_FORMATS;

export function isReadFormat(name: string): name is ReadFormatName {
  return Object.hasOwn(READ_FORMATS, name);
}

export function readFormat(name: ReadFormatName): ReadFormat {
  return READ_FORMATS[name];
}
