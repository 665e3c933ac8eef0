import { isUtf8 } from 'node:buffer';
import { ocsfEvent, type StoredEntry } from '@integument/audit-log';
import type { AuditStreamFormat } from '@integument/contracts';
import { entryCsv } from './entry-csv.js';

/** How a stream writes entries. One more format is one more of these, and its name in the contract. */
export interface EntryFormat {
  readonly mediaType: string;
  /** of the file's name */
  readonly extension: string;
  /** what stands before the first entry */
  readonly head: string;
  /**
   * Writes some entries in their order. Their bytes may be no JSON: somebody may have destroyed them.
   * @param log its origin
   */
  write(entries: readonly StoredEntry[], log: string): string;
}

/**
 * A line for each entry: `{"position":7,"entry":{…}}`, the entry's bytes exactly as they are stored: SHA-256 of a zero byte and
 * these is the leaf that a proof is about. `null` for bytes that would not be a line of JSON.
 */
const entryNdjson: EntryFormat = {
  mediaType: 'application/x-ndjson',
  extension: 'ndjson',
  head: '',
  write: (entries) => entries.map(line).join(''),
};

function line({ position, entry }: StoredEntry): string {
  const text = entry.toString('utf8');
  const whole = isUtf8(entry) && isJson(text) && !text.includes('\n') && !text.includes('\r');
  return `{"position":${position},"entry":${whole ? text : 'null'}}\n`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A line for each entry: an OCSF event, the same that the feeds send. */
const entryOcsf: EntryFormat = {
  mediaType: 'application/x-ndjson',
  extension: 'ocsf.ndjson',
  head: '',
  write: (entries, origin) =>
    entries
      .map(({ position, entry: bytes }) => ocsfEvent({ origin, position, bytes }, new Date()))
      .map((event) => `${JSON.stringify(event)}\n`)
      .join(''),
};

export const ENTRY_FORMATS: Readonly<Record<AuditStreamFormat, EntryFormat>> = {
  ndjson: entryNdjson,
  csv: entryCsv,
  ocsf: entryOcsf,
};
