import { open } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { generateWitnessKey, NoteKeyInvalid } from '../../libs/audit-log/src/core/index.js';
import { serveWitness } from './server.js';
import { readSettings, readWitnessKey, WrongWitnessSettings } from './settings.js';
import { holdState, StateInUse } from './sole-holder.js';
import { StateFolder, StateLost } from './state.js';
import { Witness } from './witness.js';

const USAGE = `Usage: integument-witness <command>

  keygen <name> --out <file>    make a key; prints the public half. The name is a URL without scheme
  init --config <file>          make the state folder and begin every log of the settings at the empty tree
  add <origin> --config <file>  begin one log that came to the settings later
  serve --config <file>         cosign checkpoints

Settings, JSON: {"keyFile","stateFolder","host","port","logs":[{"vkeys":["…"]}]}
`;

/** What the command needs of the machine. */
export interface Machine {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly clock: () => Date;
  /** resolves when the witness is asked to end */
  readonly stopped: Promise<unknown>;
}

class UsageError extends Error {}

/** Runs the command line of the witness. @returns the exit status */
export async function witnessCommand(args: readonly string[], machine: Machine): Promise<0 | 1 | 2> {
  try {
    await run(parse(args), machine);
    return 0;
  } catch (error) {
    const usage = error instanceof UsageError || error instanceof NoteKeyInvalid;
    machine.error(usage ? USAGE : `integument-witness: ${describe(error)}\n`);
    return usage ? 2 : 1;
  }
}

interface Command {
  readonly command: string | undefined;
  readonly name: string | undefined;
  readonly config: string | undefined;
  readonly out: string | undefined;
}

function parse(args: readonly string[]): Command {
  try {
    const options = { config: { type: 'string' }, out: { type: 'string' } } as const;
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
    const [command, name, ...rest] = positionals;
    if (rest.length > 0) throw new UsageError();
    return { command, name, config: values.config, out: values.out };
  } catch {
    throw new UsageError();
  }
}

async function run({ command, name, config, out }: Command, machine: Machine): Promise<void> {
  if (command === 'keygen' && name && out && !config) return keygen(name, out, machine);
  if (!config || out) throw new UsageError();
  if (command === 'init' && !name) return init(config, machine);
  if (command === 'add' && name) return add(config, name, machine);
  if (command === 'serve' && !name) return serve(config, machine);
  throw new UsageError();
}

async function keygen(name: string, out: string, machine: Machine): Promise<void> {
  const { skey, vkey } = generateWitnessKey(name);
  // Never over another key: what it has cosigned could not be continued.
  const file = await open(out, 'wx', 0o600);
  try {
    await file.writeFile(`${skey}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  machine.out(`${vkey}\n`);
}

async function init(config: string, machine: Machine): Promise<void> {
  const { logs, state } = prepare(config);
  await state.create();
  for (const { origin } of logs) await begin(state, origin, machine);
}

async function add(config: string, origin: string, machine: Machine): Promise<void> {
  const { logs, state } = prepare(config);
  if (!logs.some((log) => log.origin === origin)) throw new StateLost(`${origin} is not in the settings`);
  await begin(state, origin, machine);
}

async function begin(state: StateFolder, origin: string, { clock, out }: Machine): Promise<void> {
  await state.begin(origin, Math.floor(clock().getTime() / 1000));
  out(`${origin} begins at the empty tree\n`);
}

async function serve(config: string, machine: Machine): Promise<void> {
  const settings = prepare(config);
  const { logs, signer, state, stateFolder } = settings;
  // Nothing is cosigned of any log while one's memory is missing: somebody has to look.
  for (const { origin } of logs) await state.load(origin);
  const release = await holdState(stateFolder);
  const say = (line: string) => machine.error(`${line}\n`);
  const witness = new Witness({ signer, logs, state, clock: machine.clock, say });
  try {
    const server = await serveWitness(witness, { ...settings, say });
    machine.out(`${signer.verifier.name} listens on ${settings.host}:${server.port}\n`);
    await machine.stopped;
    await server.close();
  } finally {
    await release();
  }
}

function prepare(config: string) {
  const settings = readSettings(config);
  const signer = readWitnessKey(settings.keyFile);
  return { ...settings, signer, state: new StateFolder(settings.stateFolder, signer) };
}

const EXPECTED = [WrongWitnessSettings, StateLost, StateInUse];

function describe(error: unknown): string {
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof StateInUse) return 'another witness serves from the state folder';
  if (EXPECTED.some((kind) => error instanceof kind)) return message;
  // Messages of the file system name the file, which is what its operator needs.
  return code === undefined ? 'failed' : message;
}
