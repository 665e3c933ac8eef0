import { TOKENS_MAX } from '@integument/contracts';
import { escapeIdentifier } from 'pg';
import { flag, many, one, pairOf, readArguments, wholeNumber } from '../arguments.js';
import type { Console } from '../console.js';
import { EXIT, type Exit, WrongUse } from '../failure.js';
import { progressOn } from '../progress.js';
import { readRevealWish } from '../reveal-wish.js';
import { RowFile } from '../rows/row-file.js';
import { readVaultSettings } from '../settings.js';
import { readTokenWish } from '../token-wish.js';
import { VaultClient } from '../vault-client.js';
import { dryRun } from './dry-run.js';
import { Ledger } from './ledger.js';
import { type ColumnJob, strangleColumn } from './strangler.js';
import { TargetDatabase } from './target-database.js';
import { findColumn, findTable, type TargetTable } from './target-table.js';
import { areEncrypted } from './token-calls.js';
import { type Verified, type VerifyWish, verifyColumn } from './verifier.js';

export const STRANGLE_USAGE = `Usage: integument strangle --table <table> --column <column>=field:<field>[,type:<type>][,domain:<domain>]… [options]
       integument strangle --table <table> --drop-kept

Puts tokens in place of the values of a PostgreSQL table's columns, while applications use it: by primary key, in batches, each
row only if it still holds what was read. The database's URL is in INTEGUMENT_TARGET_DATABASE_URL, or _FILE. How far it is stands
in the table integument_strangle of the same schema, so the same command goes on; once finished, it looks for new values.

  --table        customers or shop.customers
  --column       may be repeated; the columns are done one after the other
  --keep         <column>=<new column>, or of a single one <new column>: keeps the values before beside the tokens, until --drop-kept
  --dry-run      changes nothing, leaves no token, and says what the vault would refuse
  --verify       asks the vault for the values and compares them with those kept; wants --purpose and --reason
  --sample       verifies so many rows, not all
  --purpose, --reason   for --verify: delivery, order:ORDER-7
  --batch        rows at a time (1000)
  --left         where files go that name rows left as they are, or wrong, by primary key and code: <left>.<column>.ndjson; and
                 .dry-run.ndjson, .verify.ndjson (the table's name)
  --accept-repeat  goes on though the vault may have forgotten the batch that was under way
`;

const OPTIONS = {
  table: one,
  column: many,
  keep: many,
  'drop-kept': flag,
  'dry-run': flag,
  verify: flag,
  sample: one,
  purpose: one,
  reason: one,
  batch: { type: 'string', default: '1000' },
  left: one,
  'accept-repeat': flag,
} as const;
type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

export async function strangleCommand(args: readonly string[], console: Console): Promise<Exit> {
  const { values, positionals } = readArguments(args, OPTIONS);
  if (positionals.length > 0) throw new WrongUse('everything of this command is an option');
  const { table: name } = values;
  if (name === undefined) throw new WrongUse('--table is wanted');
  const modes = [values['dry-run'], values.verify, values['drop-kept']].filter(Boolean).length;
  if (modes > 1) throw new WrongUse('--dry-run, --verify or --drop-kept: one of them');
  const readOnly = values['dry-run'] || values.verify;
  const database = await TargetDatabase.connect(console.environment, readOnly);
  try {
    const table = await findTable(database, name);
    if (values['drop-kept']) return await dropKept(table, database, console);
    const jobs = await jobsOf(values, table, database);
    return await new Work(values, jobs, database, new Ledger(table), console).run();
  } finally {
    await database.close();
  }
}

class Work {
  constructor(
    private readonly values: Values,
    private readonly jobs: readonly ColumnJob[],
    private readonly database: TargetDatabase,
    private readonly ledger: Ledger,
    private readonly console: Console,
  ) {}

  async run(): Promise<Exit> {
    const { 'dry-run': isDry, verify } = this.values;
    const reveal = verify ? readRevealWish(this.values.purpose, this.values.reason) : undefined;
    const vault = await VaultClient.enter(
      readVaultSettings(this.console.environment),
      this.console.interruption,
    );
    if (!isDry && !reveal) await this.ledger.open(this.database);
    let isClean = true;
    for (const job of this.jobs) {
      const tools = this.tools(vault);
      if (isDry) isClean = (await this.dry(job, tools)) && isClean;
      else if (reveal) isClean = (await this.verify(job, reveal, tools)) && isClean;
      else isClean = (await this.strangle(job, tools)) && isClean;
    }
    return isClean ? EXIT.done : EXIT.someLeft;
  }

  private tools(vault: VaultClient) {
    const { database, ledger, console } = this;
    const { interruption, stderr } = console;
    return { database, ledger, vault, interruption, progress: progressOn(stderr, 'rows') };
  }

  private async strangle(job: ColumnJob, tools: ReturnType<Work['tools']>): Promise<boolean> {
    const entry = await strangleColumn(job, tools);
    const left = entry.refused + entry.changed;
    this.console.out(
      `${job.column.name}: ${entry.looked} rows, ${entry.made} tokens put, ${entry.already} there already, ` +
        `${entry.refused} refused, ${entry.changed} changed meanwhile${left > 0 ? `: ${job.left}` : ''}`,
    );
    return left === 0;
  }

  private async dry(job: ColumnJob, tools: ReturnType<Work['tools']>): Promise<boolean> {
    const path = job.left.replace(/ndjson$/, 'dry-run.ndjson');
    const file = await RowFile.open(path, 'ndjson', [], 0);
    const dry = await dryRun(job, tools, file).finally(() => file.close());
    const { looked, fit, already, refused } = dry;
    const codes = [...refused].map(([code, count]) => `, ${count} ${code}`).join('');
    const where = refused.size > 0 ? `: ${path}` : '';
    this.console.out(
      `${job.column.name}: ${looked} rows, ${fit} would get tokens, ${already} have them${codes}${where}`,
    );
    if (!dry.isWhole) {
      this.console.out(
        `${job.column.name}: values of which their format has too few tokens, or no other left, show in the run alone`,
      );
    }
    return refused.size === 0;
  }

  private async verify(
    job: ColumnJob,
    reveal: ReturnType<typeof readRevealWish>,
    tools: ReturnType<Work['tools']>,
  ): Promise<boolean> {
    const kept = (await this.ledger.find(this.database, job.column.name))?.kept ?? null;
    const sample =
      this.values.sample === undefined ? undefined : wholeNumber(this.values.sample, 'sample', 1_000_000);
    const isEncrypted = await areEncrypted(tools.vault, job.wish);
    const path = job.left.replace(/ndjson$/, 'verify.ndjson');
    const file = await RowFile.open(path, 'ndjson', [], 0);
    const wish = { kept, sample, isEncrypted };
    const found = await verifyColumn(job, reveal, wish, tools, file).finally(() => file.close());
    this.console.out(`${job.column.name}: ${verifiedText(found, wish)}${hasNamed(found) ? `: ${path}` : ''}`);
    return !hasNamed(found);
  }
}

function verifiedText({ looked, good, wrong, untold }: Verified, { kept, isEncrypted }: VerifyWish): string {
  if (kept !== null) {
    const counts = `${looked} rows, ${good} tokens revealed and compared with ${kept}, ${wrong} wrong`;
    return isEncrypted ? `${counts}, ${untold} tokens or values: nothing was kept of them` : counts;
  }
  if (!isEncrypted) return `${looked} rows, ${good} tokens revealed, ${wrong} wrong`;
  return `${looked} rows, ${good} revealed, ${wrong} wrong; tokens or values: nothing was kept that would tell`;
}

function hasNamed({ wrong, untold }: Verified): boolean {
  return wrong + untold > 0;
}

async function jobsOf(values: Values, table: TargetTable, database: TargetDatabase): Promise<ColumnJob[]> {
  const batch = wholeNumber(values.batch, 'batch', TOKENS_MAX);
  const keeps = new Map(values.keep.map((text) => keepOf(text, values.column)));
  const jobs: ColumnJob[] = [];
  for (const text of values.column) {
    const [name, wish] = pairOf(text, 'last', 'column');
    const parsed = readTokenWish(wish, name);
    const column = await findColumn(database, table, name, parsed.type);
    const left = `${values.left ?? table.name}.${column.name}.ndjson`;
    jobs.push({
      table,
      column,
      wish: parsed,
      keep: keptName(keeps.get(name)),
      batch,
      left,
      acceptRepeat: values['accept-repeat'],
    });
    keeps.delete(name);
  }
  if (jobs.length === 0) throw new WrongUse('say which columns get tokens: --column email=field:email');
  if (new Set(jobs.map(({ column }) => column.name)).size < jobs.length)
    throw new WrongUse('a column stands twice');
  if (keeps.size > 0) throw new WrongUse('--keep names a column that no --column has');
  if (jobs.some(({ wish }) => wish.personColumn)) throw new WrongUse('person: is for imports');
  return jobs;
}

/** Of a single column its name need not be said again. */
function keepOf(text: string, columns: readonly string[]): readonly [string, string] {
  const [only, ...others] = columns;
  if (text.includes('=') || only === undefined || others.length > 0) return pairOf(text, 'first', 'keep');
  return [pairOf(only, 'last', 'column')[0], text];
}

/** The one name that comes from the command line: of a column that there isn't yet. */
function keptName(name: string | undefined): string | undefined {
  if (name !== undefined && !/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new WrongUse('--keep: a new column’s name is made of a-z, 0-9 and _');
  }
  return name;
}

/** Takes away columns that this program has made, and no others. */
async function dropKept(table: TargetTable, database: TargetDatabase, console: Console): Promise<Exit> {
  const ledger = new Ledger(table);
  await ledger.open(database);
  const kept = (await ledger.all(database)).filter((entry) => entry.kept !== null);
  if (kept.some(({ finished }) => !finished))
    throw new WrongUse('a column is not finished yet: its values are kept');
  for (const entry of kept) {
    await database.transaction(async (tx) => {
      await tx.query(`ALTER TABLE ${table.quoted} DROP COLUMN ${escapeIdentifier(entry.kept ?? '')}`);
      await ledger.write(tx, { ...entry, kept: null });
    });
  }
  console.out(
    kept.length === 0 ? 'nothing was kept' : `dropped: ${kept.map((entry) => entry.kept).join(', ')}`,
  );
  return EXIT.done;
}
