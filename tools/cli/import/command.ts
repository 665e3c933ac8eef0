import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { flag, many, one, onlyOne, pairOf, readArguments } from '../arguments.js';
import type { Console } from '../console.js';
import { WrongUse } from '../failure.js';
import { delimiterOf, formatOf } from '../formats.js';
import { progressOn } from '../progress.js';
import { refuseSame } from '../rows/row-file.js';
import { readVaultSettings } from '../settings.js';
import { readTokenWish } from '../token-wish.js';
import { VaultClient } from '../vault-client.js';
import { exitOf, type ImportJob, importFile } from './importer.js';
import { PeopleTarget } from './people-target.js';
import type { Target } from './target.js';
import { TokenTarget } from './token-target.js';

export const IMPORT_USAGE = `Usage: integument import people <file> --map <field>=<column>… [options]
       integument import tokens <file> --column <column>=field:<field>[,type:<type>][,domain:<domain>][,person:<column>]… [options]

Brings a file of rows, CSV with a header or NDJSON, into the vault. Kept are its rows with pseudonyms or tokens in place of the
values; rows that are refused go to a file of their own, with line, code and fields. The same command goes on after a stop.

  --map          a field of people and the column that it is in: email, phone, given_name, family_name, birth_date, account_id,
                 postal_address (a whole one, in NDJSON) or postal_address.line1 to .line4, .locality, .region, .postcode,
                 .country; account.subject; region
  --column       a column whose values become tokens: random, deterministic or format-preserving
  --mapping      the same in a file: {"map": {"email": "E-Mail"}} or {"columns": {"E-Mail": "field:email"}}
  --person-column  what the column with the pseudonym is called (person)
  --drop         a column that is not to be kept; may be repeated
  --format       csv or ndjson; else by the file's name
  --delimiter    of a CSV (,)
  --out, --refused, --state   files; else <file>.kept, .refused and .state.json, the first two with the file's own ending
  --accept-repeat  goes on though the vault may have forgotten the chunk that was under way
`;

const OPTIONS = {
  map: many,
  column: many,
  mapping: one,
  'person-column': { type: 'string', default: 'person' },
  drop: many,
  format: one,
  delimiter: { type: 'string', default: ',' },
  out: one,
  refused: one,
  state: one,
  'accept-repeat': flag,
} as const;

export async function importCommand(args: readonly string[], console: Console) {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [what = '', ...files] = positionals;
  const target = targetOf(what, values);
  const settings = readVaultSettings(console.environment);
  const job = jobOf(onlyOne(files, 'file'), target, values, `${settings.vault.href} ${settings.clientId}`);
  const vault = await VaultClient.enter(settings, console.interruption);
  const counts = await importFile(job, {
    vault,
    progress: progressOn(console.stderr, 'rows'),
    interruption: console.interruption,
    now: () => new Date(),
  });
  const refused = counts.refused > 0 ? `, ${counts.refused} refused: ${job.refused}` : ', none refused';
  console.out(`${counts.read} rows, ${counts.kept} kept: ${job.out}${refused}`);
  return exitOf(counts);
}

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

function targetOf(what: string, values: Values): Target {
  const file = values.mapping === undefined ? {} : readMapping(values.mapping);
  const { drop } = values;
  if (what === 'people') {
    const given = values.map.map((text) => pairOf(text, 'first', 'map'));
    const map = unique([...Object.entries(file.map ?? {}), ...given], 'field');
    return new PeopleTarget({ map, personColumn: values['person-column'], drop });
  }
  if (what === 'tokens') {
    const given = values.column.map((text) => pairOf(text, 'last', 'column'));
    const columns = unique([...Object.entries(file.columns ?? {}), ...given], 'column');
    const wishes = new Map([...columns].map(([name, text]) => [name, readTokenWish(text, name)]));
    return new TokenTarget({ wishes, drop });
  }
  throw new WrongUse('import people or import tokens: which?');
}

function unique(pairs: readonly (readonly [string, string])[], what: string): Map<string, string> {
  const map = new Map(pairs);
  if (map.size !== pairs.length) throw new WrongUse(`a ${what} is mapped twice`);
  return map;
}

const names = z.record(z.string(), z.string());
const mappingFile = z.strictObject({ map: names.optional(), columns: names.optional() });

function readMapping(path: string): z.output<typeof mappingFile> {
  try {
    return mappingFile.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new WrongUse(`${path} is no mapping: {"map": {…}} or {"columns": {…}}`);
  }
}

function jobOf(file: string, target: Target, values: Values, destination: string): ImportJob {
  const format = formatOf(file, values.format);
  const beside = (name: string) => `${file}.${name}.${format}`;
  const out = values.out ?? beside('kept');
  const refused = values.refused ?? beside('refused');
  const state = values.state ?? `${file}.state.json`;
  refuseSame([file, out, refused, state]);
  return {
    ...{ file, format, target, destination, out, refused, state },
    delimiter: delimiterOf(values.delimiter),
    drop: values.drop,
    acceptRepeat: values['accept-repeat'],
  };
}
