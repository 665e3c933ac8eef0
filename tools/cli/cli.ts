import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../auditor/reason.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import type { Console } from './console.js';
import { EXPORT_USAGE, exportCommand } from './export/command.js';
import { EXIT, type Exit, Failure } from './failure.js';
import { IMPORT_USAGE, importCommand } from './import/command.js';
import { STRANGLE_USAGE, strangleCommand } from './strangle/command.js';

interface Command {
  readonly usage: string;
  readonly summary: string;
  run(args: readonly string[], console: Console): Promise<Exit>;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  import: {
    usage: IMPORT_USAGE,
    summary: 'brings a file of people or values into the vault',
    run: importCommand,
  },
  export: {
    usage: EXPORT_USAGE,
    summary: 'takes people and values out again, encrypted with age',
    run: exportCommand,
  },
  strangle: {
    usage: STRANGLE_USAGE,
    summary: 'puts tokens into the columns of a PostgreSQL table',
    run: strangleCommand,
  },
};

const ENVIRONMENT = `Which vault, and as whom, is in the environment, never on the command line:
  INTEGUMENT_VAULT           https://vault.example/
  INTEGUMENT_ISSUER          the OpenID provider
  INTEGUMENT_CLIENT          the client's id there, and INTEGUMENT_CLIENT_SECRET, or _FILE with the path of a file
  NODE_EXTRA_CA_CERTS        a certificate authority of your own
`;

const EXITS = `Ends with 0 if all was done, 1 if some was refused, left or found wrong, 2 if it can't be done as asked and nothing was
changed, 3 if it had to stop under way (the same command goes on), 130 after Ctrl-C (it goes on, too).
`;

/** Runs the command line. @returns the exit status */
export async function cli(args: readonly string[], console: Console): Promise<Exit> {
  const [name = 'help', ...rest] = args;
  try {
    if (name === '--version') return told(console, versionOf());
    if (name === 'help' || name === '--help' || name === '-h') return told(console, helpOn(rest[0]));
    const command = commandOf(name);
    if (!command) throw new Failure('there is no such command: see integument help', EXIT.usage);
    if (rest.includes('--help') || rest.includes('-h')) return told(console, helpOn(name));
    return await command.run(rest, console);
  } catch (error) {
    console.error(`integument: ${said(error)}`);
    return error instanceof Failure ? error.exit : EXIT.stopped;
  }
}

/** Other errors than ours may quote what they were about: of those there is the kind and the place, or what the system says. */
function said(error: unknown): string {
  if (error instanceof Failure || (error instanceof Error && 'syscall' in error)) return reasonOf(error);
  const { name, stack } = error instanceof Error ? error : new Error('unknown');
  const [, place = 'somewhere'] = /^\s+at .*?([\w.-]+\.js:\d+:\d+)\)?$/m.exec(stack ?? '') ?? [];
  return `an unexpected ${name}, at ${place}`;
}

function commandOf(name: string): Command | undefined {
  return Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
}

function helpOn(name: string | undefined): string {
  const command = name === undefined ? undefined : commandOf(name);
  if (command) return `${command.usage}\n${ENVIRONMENT}\n${EXITS}`;
  const list = Object.entries(COMMANDS).map(([known, { summary }]) => `  ${known.padEnd(10)} ${summary}`);
  return `Usage: integument <command> …\n\n${list.join('\n')}\n  help       <command>: what it takes\n\n${ENVIRONMENT}\n${EXITS}`;
}

function told(console: Console, text: string): Exit {
  console.out(text.trimEnd());
  return EXIT.done;
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
