import { hostname as machineName } from 'node:os';
import type { UnitOfWork } from '@integument/database';
import { EntryRun } from '../sql/entry-run.js';
import { Follower, type FollowerOptions } from '../sql/follower.js';
import { HttpTarget, type HttpTargetOptions } from './http-target.js';
import { ocsfEvent } from './ocsf.js';
import { frame, syslogMessage } from './syslog-message.js';
import { SyslogTarget, type SyslogTargetOptions } from './syslog-target.js';

/** Where the log goes besides this database; nowhere where nothing is given. */
export interface SiemSettings {
  readonly syslog?: SyslogTargetOptions & { readonly hostname?: string };
  readonly push?: Pick<HttpTargetOptions, 'url' | 'secret'>;
}

export interface SiemDependencies {
  readonly unitOfWork: UnitOfWork;
  /** name of the log */
  readonly origin: string;
  /** told of every failed attempt; the feed goes on by itself, from the last position that the receiver confirmed */
  readonly onError: (error: unknown) => void;
  readonly clock?: () => Date;
  readonly timing?: Pick<FollowerOptions, 'pollMs' | 'leaseMs'>;
}

/** The feeds that are set up. Each starts at the log's first entry and has a position of its own. */
export function siemFollowers({ syslog, push }: SiemSettings, dependencies: SiemDependencies): Follower[] {
  const { unitOfWork, origin, onError, timing, clock = () => new Date() } = dependencies;
  const feed = { run: new EntryRun(unitOfWork), origin, clock };
  const common = { unitOfWork, begin: 'first', onError, ...timing } as const;
  return [
    ...(syslog ? [new Follower({ ...common, name: 'siem-syslog', follow: syslogFeed(syslog, feed) })] : []),
    ...(push ? [new Follower({ ...common, name: 'siem-http', follow: httpFeed(push, feed) })] : []),
  ];
}

interface Feed {
  readonly run: EntryRun;
  readonly origin: string;
  readonly clock: () => Date;
}

const SYSLOG_BATCH = 100;
const SYSLOG_RUN = 5_000;
/** A run on a slow line ends here, well inside its lease, and keeps what was confirmed so far. */
const SYSLOG_RUN_MS = 10_000;

/** @returns what one step of the follower does: one run over one connection */
export function syslogFeed(
  { hostname = machineName(), ...options }: NonNullable<SiemSettings['syslog']>,
  { run, origin, clock }: Feed,
): FollowerOptions['follow'] {
  const target = new SyslogTarget(options);
  let length = SYSLOG_RUN;
  return async ({ from, size, signal }) => {
    const end = Math.min(size, from + length);
    // Shorter after a failure: a receiver too slow for a long run would get the same one again for ever.
    length = Math.max(SYSLOG_BATCH, Math.floor(length / 4));
    const deadline = clock().getTime() + SYSLOG_RUN_MS;
    let sent = from;
    async function* batches() {
      while (sent < end && (sent === from || clock().getTime() < deadline)) {
        const entries = await run.read(sent, Math.min(SYSLOG_BATCH, end - sent));
        if (entries.length === 0) return;
        yield Buffer.concat(
          entries.map((entry) => frame(syslogMessage(ocsfEvent({ origin, ...entry }, clock()), hostname))),
        );
        sent += entries.length;
      }
    }
    await target.deliver(batches(), signal);
    length = Math.min(SYSLOG_RUN, length * 8);
    return sent;
  };
}

const HTTP_ENTRIES = 500;
const HTTP_BYTES = 1_048_576;

/** @returns what one step of the follower does: one request */
export function httpFeed(
  options: HttpTargetOptions,
  { run, origin, clock }: Feed,
): FollowerOptions['follow'] {
  const target = new HttpTarget({ clock, ...options });
  return async ({ from, signal }) => {
    const entries = await run.read(from, HTTP_ENTRIES);
    const lines = within(
      HTTP_BYTES,
      entries.map((entry) => `${JSON.stringify(ocsfEvent({ origin, ...entry }, clock()))}\n`),
    );
    const to = from + lines.length;
    // A full stop ends the id in what is signed.
    const id = `${origin.replaceAll('.', '_')}:${from}-${to - 1}`;
    await target.deliver({ id, body: lines.join('') }, signal);
    return to;
  };
}

/** The first lines, as many as fit; one at least, which at 8 KiB an entry always does. */
function within(limit: number, lines: readonly string[]): readonly string[] {
  let bytes = 0;
  let count = 0;
  for (const line of lines) {
    bytes += Buffer.byteLength(line);
    if (bytes > limit && count > 0) break;
    count += 1;
  }
  return lines.slice(0, count);
}
