import { parseArgs } from 'node:util';
import {
  type ArchiveOptions,
  type ArchiveReport,
  archiveEntries,
  forgetFollower,
  type NoteSigner,
  readSigningKey,
} from '@integument/audit-log';
import { openDatabase, UnitOfWork } from '@integument/database';
import { parseConfig } from '@integument/http';
import { z } from 'zod';
import { apiConfig } from '../../apps/api/src/config.js';
import { vaultConfig } from '../../apps/vault/src/config.js';

const USAGE = `Usage: integument-audit-archive --app <vault | api> --folder <path> --before <time or position>
       integument-audit-archive --app <vault | api> --forget-follower <name>

Moves old entries of an app's audit log from its database into a folder of signed tiles (C2SP tlog-tiles). Their hashes
stay in the database, so that every proof still holds. Give the same folder each time, and keep it: it has the only copy.
Reads the app's own settings: database, signing key and name of the log.
  --app     whose log
  --folder  where its earlier archives are
  --before  entries under a checkpoint before this time (2026-01-31 or 2026-01-31T12:00:00Z), or before this position
  --forget-follower  a background reader that the app is no longer set to run, such as a feed that was taken down: its place in
            the log holds the archive back. Refused while somebody works as it. It can't be undone, and leaves an audit entry
Ends with 0 when all that may go has gone, 1 if something is wrong, 2 if it can't be started like this.
`;

/** What each app calls what is needed here. */
const APPS = {
  vault: z.object({
    VAULT_DATABASE_URL: vaultConfig.shape.VAULT_DATABASE_URL,
    VAULT_AUDIT_KEY_FILE: vaultConfig.shape.VAULT_AUDIT_KEY_FILE,
    VAULT_AUDIT_ORIGIN: vaultConfig.shape.VAULT_AUDIT_ORIGIN,
  }),
  api: z.object({
    PLATFORM_DATABASE_URL: apiConfig.shape.PLATFORM_DATABASE_URL,
    API_AUDIT_KEY_FILE: apiConfig.shape.API_AUDIT_KEY_FILE,
    API_AUDIT_ORIGIN: apiConfig.shape.API_AUDIT_ORIGIN,
  }),
};

/** What the command needs of the machine. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** Runs the command line of the archive. @returns the exit status */
export async function archiveCommand(args: readonly string[], machine: Machine): Promise<0 | 1 | 2> {
  const asked = parse(args);
  if (!asked) {
    machine.error(USAGE);
    return 2;
  }
  const { app, work } = asked;
  try {
    machine.out(await withLog(settings(app, machine.env), work));
    return 0;
  } catch (error) {
    machine.error(`${work.failure}: ${(error as Error).message}\n`);
    return 1;
  }
}

interface Log {
  readonly unitOfWork: UnitOfWork;
  readonly signer: NoteSigner;
}

/** What is to be done with a log. */
interface Work {
  readonly failure: string;
  /** @returns what there is to say */
  run(log: Log): Promise<string>;
}

const ACTOR = { kind: 'process', id: 'audit-archive' } as const;

function parse(
  args: readonly string[],
): { readonly app: keyof typeof APPS; readonly work: Work } | undefined {
  const { app, folder, before, 'forget-follower': follower } = tryParse(args) ?? {};
  if (app !== 'vault' && app !== 'api') return undefined;
  if (follower) return folder || before ? undefined : { app, work: forgetting(follower) };
  const limit = before === undefined ? undefined : parseBefore(before);
  if (!folder || limit === undefined) return undefined;
  return { app, work: archiving({ folder, before: limit }) };
}

function archiving(asked: Pick<ArchiveOptions, 'folder' | 'before'>): Work {
  return {
    failure: 'nothing was lost, but the archive is not complete',
    run: async (log) => describe(await archiveEntries({ ...log, ...asked, actor: ACTOR })),
  };
}

function forgetting(name: string): Work {
  return {
    failure: 'nothing was forgotten',
    run: async ({ unitOfWork }) => {
      const position = await forgetFollower({ unitOfWork, name, actor: ACTOR });
      return `forgot ${name}, which had done with the first ${position} entries\n`;
    },
  };
}

function tryParse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { app: text, folder: text, before: text, 'forget-follower': text },
    }).values;
  } catch {
    return undefined;
  }
}

function parseBefore(text: string): number | Date | undefined {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  // Only these two forms: others a Date would read in the time zone of the machine, or guess.
  const isTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/.test(text);
  const time = new Date(text);
  return isTime && !Number.isNaN(time.getTime()) ? time : undefined;
}

interface Settings {
  readonly url: string;
  readonly key: string;
  readonly origin: string;
}

function settings(app: keyof typeof APPS, env: Machine['env']): Settings {
  if (app === 'vault') {
    const config = parseConfig(APPS.vault, env);
    return {
      url: config.VAULT_DATABASE_URL,
      key: config.VAULT_AUDIT_KEY_FILE,
      origin: config.VAULT_AUDIT_ORIGIN,
    };
  }
  const config = parseConfig(APPS.api, env);
  return {
    url: config.PLATFORM_DATABASE_URL,
    key: config.API_AUDIT_KEY_FILE,
    origin: config.API_AUDIT_ORIGIN,
  };
}

async function withLog({ url, key, origin }: Settings, work: Work): Promise<string> {
  const signer = readSigningKey(key, origin);
  const applicationName = 'integument-audit-archive';
  const dataSource = await openDatabase({ url, poolSize: 2, applicationName, migrations: [] });
  try {
    return await work.run({ unitOfWork: new UnitOfWork(dataSource), signer });
  } finally {
    await dataSource.destroy();
  }
}

function describe({ from, to, heldBackBy }: ArchiveReport): string {
  const done =
    from === to ? 'nothing to archive' : `archived ${to - from} entries, positions ${from} to ${to - 1}`;
  if (!heldBackBy) return `${done}\n`;
  const { name, position } = heldBackBy;
  return `${done}; held back by the background reader ${name}, which has done with the first ${position} entries only\n`;
}
