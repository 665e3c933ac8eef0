import { randomBytes } from 'node:crypto';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { IDENTITY_FIELDS, type IdentityField } from '@integument/contracts';
import { many, one, onlyOne, pairOf, readArguments } from '../arguments.js';
import type { Console } from '../console.js';
import { EXIT, type Exit, WrongUse } from '../failure.js';
import { delimiterOf, formatOf } from '../formats.js';
import { progressOn } from '../progress.js';
import { readRevealWish } from '../reveal-wish.js';
import { refusedColumns } from '../rows/refused.js';
import { RowFile, refuseExisting, refuseSame } from '../rows/row-file.js';
import { Source } from '../rows/source.js';
import { readVaultSettings } from '../settings.js';
import { readTokenWish } from '../token-wish.js';
import { VaultClient } from '../vault-client.js';
import { Exporter, type ExportTools, type ExportWish } from './exporter.js';
import { encrypterTo, sealLines } from './sealed-file.js';

export const EXPORT_USAGE = `Usage: integument export <file> --to <age recipient>… --out <file> --purpose <purpose> --reason <code>:<reference>
                        [--person <column>] [--token <column>]… [options]

Takes a file with pseudonyms or tokens, such as an import has left, and writes its rows with the values again, as NDJSON that is
encrypted with age: open it with age -d -i key.txt <file>. Plain text is never on the disk. Every value is revealed by the vault,
for the purpose and the reason, and stands in its audit log; a token for some uses loses one.

  --to           a public key, age1…; may be repeated
  --out          a file that isn't there yet
  --purpose, --reason   delivery, order:ORDER-7
  --person       the column with pseudonyms: fields and region are put beside it
  --fields       which fields of people (all)
  --token        a column with tokens; of format-preserving ones <column>=field:<field>[,domain:<domain>]
  --refused      a file for rows that are refused; else <file>.not-exported, with its own ending
  --format, --delimiter   as of import
`;

const OPTIONS = {
  to: many,
  out: one,
  purpose: one,
  reason: one,
  person: one,
  fields: one,
  token: many,
  refused: one,
  format: one,
  delimiter: { type: 'string', default: ',' },
} as const;
type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

export async function exportCommand(args: readonly string[], console: Console): Promise<Exit> {
  console.interruption.afterwards = 'the same command begins anew';
  const { values, positionals } = readArguments(args, OPTIONS);
  const path = onlyOne(positionals, 'file');
  const wish = wishOf(values);
  const encrypter = encrypterTo(values.to);
  const { out } = values;
  if (out === undefined) throw new WrongUse('--out is wanted');
  const format = formatOf(path, values.format);
  const refused = values.refused ?? `${path}.not-exported.${format}`;
  refuseSame([path, out, refused]);
  refuseExisting([out, refused]);
  const source = await Source.open(path, format, delimiterOf(values.delimiter));
  try {
    const rows = await countRows(source, wish);
    const tools = await toolsOf(console);
    // Names of this run alone: what a kill leaves is in no other run's way.
    const [part, leftPart] = [partOf(out), partOf(refused)];
    const left = await RowFile.open(leftPart, format, refusedColumns(source.columns ?? []), 0);
    const exporter = new Exporter(wish, source, left, tools);
    try {
      await sealLines(out, part, encrypter, exporter.lines(rows));
    } finally {
      await left.close();
      // Without an export there is nothing that rows are missing from.
      if (exporter.refused === 0 || !existsSync(out)) rmSync(leftPart);
      else renameSync(leftPart, refused);
    }
    const where = exporter.refused > 0 ? `${exporter.refused} refused: ${refused}` : 'none refused';
    console.out(`${exporter.read} rows, ${exporter.read - exporter.refused} encrypted: ${out}, ${where}`);
    return exporter.refused > 0 ? EXIT.someLeft : EXIT.done;
  } finally {
    await source.close();
  }
}

function partOf(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.part`;
}

async function toolsOf(console: Console): Promise<ExportTools> {
  const { interruption, stderr } = console;
  const vault = await VaultClient.enter(readVaultSettings(console.environment), interruption);
  return { vault, interruption, progress: progressOn(stderr, 'rows') };
}

function wishOf(values: Values): ExportWish {
  const { person, token } = values;
  if (person === undefined && token.length === 0) throw new WrongUse('--person or --token: which columns?');
  return {
    person,
    fields: fieldsOf(values.fields),
    tokens: new Map(token.map(tokenOf)),
    reveal: readRevealWish(values.purpose, values.reason),
  };
}

function fieldsOf(text: string | undefined): readonly IdentityField[] {
  if (text === undefined) return IDENTITY_FIELDS;
  return text.split(',').map((name) => {
    const field = IDENTITY_FIELDS.find((known) => known === name);
    if (!field) throw new WrongUse(`--fields: there are ${IDENTITY_FIELDS.join(', ')}`);
    return field;
  });
}

function tokenOf(text: string): [string, { field?: string; domain?: string }] {
  if (!text.includes('=field:')) return [text, {}];
  const [column, wish] = pairOf(text, 'last', 'token');
  const { field, domain } = readTokenWish(wish, column);
  return [column, { field, ...(domain !== undefined && { domain }) }];
}

/** Reads the file once, so that what is missing is known before anything is revealed. @throws {WrongUse} */
async function countRows(source: Source, wish: ExportWish): Promise<number> {
  const wanted = [...wish.tokens.keys(), ...(wish.person === undefined ? [] : [wish.person])];
  const seen = new Set(source.columns);
  const { rows } = await source.survey(({ cells }) => {
    if (!source.columns) for (const name of cells.keys()) seen.add(name);
  });
  const absent = wanted.find((name) => !seen.has(name));
  if (absent !== undefined) throw new WrongUse(`there is no column “${absent}” in the file`);
  const put = wish.person === undefined ? [] : [...wish.fields, 'region'];
  const twice = put.find((name) => seen.has(name));
  if (twice !== undefined)
    throw new WrongUse(`there is a column “${twice}” already, as a field of people is called`);
  return rows;
}
