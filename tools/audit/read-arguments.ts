import { many, one, readOptions } from '../auditor/options.js';
import { UsageError } from '../auditor/usage-error.js';
import { isReadFormat, type ReadFormatName } from './read-formats.js';

export const READ_USAGE = `Usage: integument-audit-read <app>… [--key <vkey or file>]… [filters] [options]

Reads the entries that fit from the audit logs of running apps and writes them to standard output, all logs by time; at the
same time in the order of the apps here, then by position. Only here, on your machine, do the logs come together.
An app is its address: https://vault.example/. Plain http is for this machine alone.

  --from, --to  entries at or after, and before: a day (2026-01-31) or a moment with offset
  --actor, --action, --subject, --purpose, --outcome, --code   as they stand in the entry. All that are given must fit.
                A value that begins with a dash: --subject=-AbC…
  --format      ndjson (default): {"log","position","entry"}, the entry's bytes as they are stored; or csv
  --key         a log's public key, name+id+base64, or a file that holds it; once for each log. With keys every entry is
                proved to be in its log, under its newest signed checkpoint, before it is written; without, nothing is verified
  --token-file, --cookie-file   a file with the bearer token, or the Cookie header, for an app; once for each, in their order

That nothing was left out it can't tell: an index finds the entries. integument-verify checks and merges whole logs.
Ends with 0 if all was read, 1 if an app gave out something wrong, 2 if it could not be read to the end. What was written
until then is as good as if the rest had come.
`;

type FilterName = 'from' | 'to' | 'actor' | 'action' | 'subject' | 'purpose' | 'outcome' | 'code';
/** What to look for, as it was typed. */
export type ReadFilter = { readonly [name in FilterName]?: string | undefined };

export interface ReadArguments {
  readonly apps: readonly string[];
  readonly keys: readonly string[];
  readonly filter: ReadFilter;
  readonly format: ReadFormatName;
  readonly tokenFiles: readonly string[];
  readonly cookieFiles: readonly string[];
}

const OPTIONS = {
  from: one,
  to: one,
  actor: one,
  action: one,
  subject: one,
  purpose: one,
  outcome: one,
  code: one,
  format: { type: 'string', default: 'ndjson' },
  key: many,
  'token-file': many,
  'cookie-file': many,
} as const;

/** Whether a filter has a sense is for the apps to say. @throws {UsageError} */
export function parseReadArguments(args: readonly string[]): ReadArguments {
  const { values, positionals } = readOptions(args, OPTIONS);
  const { key, format, 'token-file': tokenFiles, 'cookie-file': cookieFiles, ...filter } = values;
  if (positionals.length === 0 || !isReadFormat(format)) throw new UsageError();
  return { apps: positionals, keys: key, filter, format, tokenFiles, cookieFiles };
}
