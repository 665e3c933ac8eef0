import { parseArgs } from 'node:util';
import {
  NoteKeyInvalid,
  NoteVerifier,
  splitLines,
  type VerifyOptions,
  verifyExport,
} from '../../libs/audit-log/src/core/index.js';
import { describeReport } from './report.js';

const USAGE = `Usage: integument-verify <export.ndjson | -> --key <vkey or file> [--checkpoint <old.note>]

Verifies an export of an audit log, trusting nothing but the public key.
  -             read the export from standard input
  --key         the log's public key, name+id+base64, or a file that holds it
  --checkpoint  a signed checkpoint that you kept from before: the log must continue it
Ends with 0 if the export is what was signed, 1 if not, 2 if it could not be checked.
`;

/** What the command needs of the machine. */
export interface Machine {
  /** @param path a file's, or null for standard input */
  readonly readBytes: (path: string | null) => AsyncIterable<Uint8Array>;
  readonly readText: (path: string) => Promise<string>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Runs the command line of the verifier. @returns the exit status */
export async function verifyCommand(args: readonly string[], machine: Machine): Promise<0 | 1 | 2> {
  try {
    const { path, key, checkpoint } = parse(args);
    const options: VerifyOptions = checkpoint ? { earlier: await machine.readText(checkpoint) } : {};
    const verifier = await readKey(key, machine);
    const lines = splitLines(machine.readBytes(path === '-' ? null : path));
    const report = await verifyExport(lines, verifier, options);
    (report.ok ? machine.out : machine.error)(describeReport(report));
    return report.ok ? 0 : 1;
  } catch (error) {
    machine.error(
      error instanceof UsageError ? USAGE : `could not be checked: ${(error as Error).message}\n`,
    );
    return 2;
  }
}

class UsageError extends Error {}

function parse(args: readonly string[]): { path: string; key: string; checkpoint: string | undefined } {
  const { values, positionals } = tryParse(args);
  const [path, ...rest] = positionals;
  if (!path || rest.length > 0 || !values.key) throw new UsageError();
  return { path, key: values.key, checkpoint: values.checkpoint };
}

function tryParse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { key: { type: 'string' }, checkpoint: { type: 'string' } },
    });
  } catch {
    throw new UsageError();
  }
}

async function readKey(key: string, machine: Machine): Promise<NoteVerifier> {
  try {
    return NoteVerifier.parse(key);
  } catch (error) {
    if (!(error instanceof NoteKeyInvalid)) throw error;
  }
  return NoteVerifier.parse((await machine.readText(key)).trim());
}
