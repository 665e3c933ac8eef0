import { many, one, readOptions } from '../auditor/options.js';
import { UsageError } from '../auditor/usage-error.js';

export const USAGE = `Usage: integument-verify <source>… --key <vkey or file>… [options]
       integument-verify --inclusion <proof> --entry <line> --checkpoint <note> --key <vkey or file>
       integument-verify --receipt <file> --keys <file>

Verifies audit logs, trusting nothing but public keys. A source is
  export.ndjson        an export; - reads it from standard input
  folder               an archive (C2SP tlog-tiles): what an export that begins later continues, or by itself
  https://vault.example/   a running app: its export is read and verified, then that its newest checkpoint continues it

  --key         the log's public key, name+id+base64, or a file that holds it; once for each log
  --checkpoint  a signed checkpoint that you kept from before: the log must continue it; once for each log
  --save        a file for the last verified checkpoint, to be given as --checkpoint the next time
  --witness     a witness's public key, or a file that holds it; may be repeated
  --quorum      how many of the witnesses must have cosigned one checkpoint (all)
  --witness-lag how far that checkpoint may lie behind the newest entry: 90s, 30m, 2h, 1d; 0s: not at all (1h)
  --taken       when an export was made, as 2026-01-15T12:00:00Z: the witnesses must be as near to that time. A running app's is now
  --merge       a file, or - for standard output, for the entries of all logs in order of time, if all logs are verified
  --token-file, --cookie-file   a file with the bearer token, or the Cookie header, for a running app; once for
                each, in their order

The second form verifies one entry alone, from three files: the reply of GET /v1/audit/proofs/inclusion, the entry's line
as GET /v1/audit/stream or an export has it, and a signed checkpoint of the proof's size.
The third form verifies a receipt of a consent, with the reply of GET /v1/consent-receipts/keys.
Ends with 0 if everything is what was signed, 1 if not, 2 if it could not be checked.
`;

export interface Arguments {
  readonly sources: readonly string[];
  readonly keys: readonly string[];
  readonly checkpoints: readonly string[];
  readonly witnesses: readonly string[];
  readonly quorum: number | undefined;
  /** in seconds */
  readonly witnessLag: number | undefined;
  readonly taken: Date | undefined;
  readonly save: string | undefined;
  readonly merge: string | undefined;
  readonly tokenFiles: readonly string[];
  readonly cookieFiles: readonly string[];
}

const OPTIONS = {
  key: many,
  checkpoint: many,
  witness: many,
  quorum: one,
  'witness-lag': one,
  taken: one,
  save: one,
  merge: one,
  'token-file': many,
  'cookie-file': many,
} as const;

/** @throws {UsageError} */
export function parseArguments(args: readonly string[]): Arguments {
  const { values, positionals } = readOptions(args, OPTIONS);
  if (positionals.length === 0 || values.key.length === 0) throw new UsageError();
  if (values.quorum !== undefined && !/^[1-9][0-9]{0,3}$/.test(values.quorum)) throw new UsageError();
  return {
    sources: positionals,
    keys: values.key,
    checkpoints: values.checkpoint,
    witnesses: values.witness,
    quorum: values.quorum === undefined ? undefined : Number(values.quorum),
    witnessLag: values['witness-lag'] === undefined ? undefined : readSeconds(values['witness-lag']),
    taken: values.taken === undefined ? undefined : readTime(values.taken),
    save: values.save,
    merge: values.merge,
    tokenFiles: values['token-file'],
    cookieFiles: values['cookie-file'],
  };
}

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

function readSeconds(text: string): number {
  const [, number, unit] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError();
  return Number(number) * SECONDS[unit as keyof typeof SECONDS];
}

function readTime(text: string): Date {
  const time = new Date(text);
  // A date alone would be a midnight somewhere, and the one in other places another.
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text) || Number.isNaN(time.getTime())) throw new UsageError();
  return time;
}
