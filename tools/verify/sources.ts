import {
  type ExportStream,
  openExport,
  type ReadArchive,
  readCheckpointUnverified,
} from '../../libs/audit-log/src/core/index.js';
import { AppConnection } from '../auditor/app-connection.js';
import { type Credential, readCredentials } from '../auditor/credentials.js';
import type { Machine } from '../auditor/machine.js';
import type { Arguments } from './arguments.js';
import { RunningApp } from './running-app.js';

/** A log that is to be verified: an export, with the archive that it continues if there is one, or an archive by itself. */
export interface Source {
  /** how it was named on the command line */
  readonly name: string;
  /** what it says it is of; null if it can't be told. Not verified yet. */
  readonly origin: string | null;
  readonly stream?: ExportStream;
  readonly archive?: ReadArchive;
  readonly app?: RunningApp;
}

/** Opens everything that was named, and joins each export that begins later with the archive of its log. */
export async function openSources(asked: Arguments, machine: Machine): Promise<Source[]> {
  const apps = asked.sources.filter(isAddress).length;
  const credentials = await readCredentials(asked, apps, machine);
  const opened: Source[] = [];
  try {
    for (const name of asked.sources) opened.push(await openSource(name, credentials, machine));
  } catch (error) {
    for (const { stream } of opened) await stream?.close();
    throw error;
  }
  return joined(opened);
}

async function openSource(name: string, credentials: Credential[], machine: Machine): Promise<Source> {
  if (isAddress(name)) {
    const connection = new AppConnection(name, credentials.shift(), machine.fetch);
    const app = new RunningApp(connection, machine);
    return { ...(await fromExport(name, app.readExport())), app };
  }
  if (name !== '-' && (await machine.isFolder(name))) return fromArchive(name, machine);
  return fromExport(name, machine.readBytes(name === '-' ? null : name));
}

async function fromExport(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Source> {
  const stream = await openExport(bytes);
  return { name, origin: stream.header?.origin ?? null, stream };
}

async function fromArchive(name: string, machine: Machine): Promise<Source> {
  const archive: ReadArchive = (path) => machine.readFileIn(name, path);
  const note = await archive('checkpoint');
  return { name, origin: note ? originOf(Buffer.from(note).toString('utf8')) : null, archive };
}

/** What a note says it is of. @returns null if it is no checkpoint */
export function originOf(note: string): string | null {
  try {
    return readCheckpointUnverified(note).origin;
  } catch {
    return null;
  }
}

function joined(opened: readonly Source[]): Source[] {
  const used = new Set<Source>();
  const exports = opened.filter(({ stream }) => stream);
  const whole = exports.map((source) => {
    const before = opened.find(({ archive, origin }) => archive && origin === source.origin);
    if (!before || !source.stream?.header?.first) return source;
    used.add(before);
    return { ...source, archive: before.archive };
  });
  return [...opened.filter((source) => !source.stream && !used.has(source)), ...whole];
}

function isAddress(name: string): boolean {
  return /^https?:\/\//.test(name);
}
