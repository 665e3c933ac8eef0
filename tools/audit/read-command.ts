import { AppConnection } from '../auditor/app-connection.js';
import { readCredentials } from '../auditor/credentials.js';
import { readLogKeys } from '../auditor/keys.js';
import type { Machine } from '../auditor/machine.js';
import { reasonOf } from '../auditor/reason.js';
import { UsageError } from '../auditor/usage-error.js';
import { AppLog } from './app-log.js';
import { type FoundEntry, LogRefused } from './found-entry.js';
import { merged } from './merged.js';
import { parseReadArguments, READ_USAGE, type ReadArguments } from './read-arguments.js';
import { readFormat } from './read-formats.js';

type ReadMachine = Pick<Machine, 'readText' | 'fetch' | 'patienceMs' | 'write' | 'error'>;

/** Runs the command line of the reader. @returns the exit status */
export async function readCommand(args: readonly string[], machine: ReadMachine): Promise<0 | 1 | 2> {
  const logs: AppLog[] = [];
  try {
    const asked = parseReadArguments(args);
    const isVerified = await openLogs(asked, logs, machine);
    if (!isVerified)
      machine.error('NOT VERIFIED: without --key nothing proves that these entries are in the logs\n');
    await write(logs, asked, machine);
    for (const log of logs) machine.error(describe(log, isVerified));
    return 0;
  } catch (error) {
    machine.error(error instanceof UsageError ? READ_USAGE : describeFailure(error));
    return error instanceof AtLog && error.failure instanceof LogRefused ? 1 : 2;
  } finally {
    for (const log of logs) log.close();
  }
}

/** Opens all logs before a single entry is written. @param logs gets each as soon as it is open, to be closed @returns whether keys were given */
async function openLogs(asked: ReadArguments, logs: AppLog[], machine: ReadMachine): Promise<boolean> {
  const keys = await readLogKeys(asked.keys, machine);
  const credentials = await readCredentials(asked, asked.apps.length, machine);
  // All addresses before one of them is asked.
  const connections = asked.apps.map((app, n) => new AppConnection(app, credentials[n], machine.fetch));
  const wanted = { filter: asked.filter, keys, patienceMs: machine.patienceMs };
  for (const [n, connection] of connections.entries()) {
    logs.push(await AppLog.open(connection, wanted).catch(blame(asked.apps[n] as string)));
  }
  if (new Set(logs.map(({ origin }) => origin)).size < logs.length) throw new Error('a log is there twice');
  return keys.length > 0;
}

async function write(logs: readonly AppLog[], asked: ReadArguments, machine: ReadMachine): Promise<void> {
  const format = readFormat(asked.format);
  if (format.head !== '') await machine.write(format.head);
  for await (const entries of merged(logs.map(blamed))) await machine.write(format.write(entries));
}

/** Something at one of the logs. */
class AtLog extends Error {
  constructor(
    readonly log: string,
    readonly failure: unknown,
  ) {
    super();
  }
}

function blame(log: string): (failure: unknown) => never {
  return (failure) => {
    throw new AtLog(log, failure);
  };
}

async function* blamed(log: AppLog): AsyncGenerator<readonly FoundEntry[]> {
  try {
    yield* log.entries();
  } catch (failure) {
    throw new AtLog(log.origin, failure);
  }
}

function describeFailure(error: unknown): string {
  if (!(error instanceof AtLog)) return `could not be read to the end: ${reasonOf(error)}\n`;
  const { log, failure } = error;
  if (!(failure instanceof LogRefused)) return `could not be read to the end: ${log}: ${reasonOf(failure)}\n`;
  const { position, message, code } = failure;
  return `NOT VERIFIED ${log}: ${position === null ? '' : `position ${position}: `}${message} (${code})\n`;
}

function describe(log: AppLog, isVerified: boolean): string {
  const { origin, found, searched, size } = log;
  const proof = isVerified ? `, each proved to be one of the ${size} that the log’s checkpoint signs` : '';
  const range = searched === undefined ? 'as much as the app pleased' : `the first ${searched} of ${size}`;
  return [
    `${isVerified ? 'VERIFIED' : 'READ'} ${origin}`,
    `  entries   ${found}${proof}`,
    `  searched  ${range}, by an index, which is no evidence that nothing was left out`,
    '',
  ].join('\n');
}
