import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseInfo } from '@integument/testing';
import { ByteSearch, type Scan } from '../byte-search.js';
import { word } from '../canaries.js';
import { formsOfBytes, formsOfText, type Needle } from '../encodings.js';
import { onDatabase, scanFolder, scanTables } from '../remains.js';
import type { Stage } from '../stage.js';
import { type DemoPromise, grouped, type Trial } from '../transcript.js';

const CONTROL = 'control';
const DATABASES = ['vault', 'platform'] as const;

/** The people the search is about, in every form, and one value that is put there on purpose. */
interface Wanted {
  readonly search: ByteSearch;
  readonly control: readonly Needle[];
}

export const remains: DemoPromise<Stage> = {
  title: 'Both databases, their files on disk and all logs hold none of these values',
  async keep(stage, trial) {
    const wanted = whatToLookFor(stage);
    const { length } = wanted.search.needles;
    trial.check(
      `looking for ${grouped(length)} needles: plain, base64, hexadecimal and UTF-16 of every value, and some control text`,
      length < 10_000 && 'that is less than there must be',
    );
    for (const name of DATABASES) await searchDatabase(name, stage.info.databases[name], wanted, trial);
    await searchLogs(stage, wanted, trial);
  },
};

function whatToLookFor(stage: Stage): Wanted {
  const control = formsOfText({ kind: CONTROL, value: word(20) });
  const identity = stage.people.flatMap(({ canaries }) => canaries.flatMap(formsOfText));
  const health = stage.healthCanaries.flatMap(formsOfText);
  const numbers = stage.healthNumbers.flatMap((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    return [...formsOfBytes('reading', Buffer.from(bytes)), ...formsOfBytes('reading', bytes.swap64())];
  });
  const events = stage.healthCanaries
    .filter(({ kind }) => kind === 'event')
    .flatMap(({ value }) => formsOfBytes('event', Buffer.from(value.replaceAll('-', ''), 'hex')));
  const needles = [...identity, ...health, ...numbers, ...events, ...control].filter(
    ({ bytes }) => bytes.length >= 8,
  );
  return { search: new ByteSearch(needles), control };
}

async function searchDatabase(name: string, info: DatabaseInfo, wanted: Wanted, trial: Trial): Promise<void> {
  const planted = `demo_control_${randomBytes(6).toString('hex')}`;
  await onDatabase(info, async (client) => {
    const rows = wanted.control.map(({ bytes }) => bytes);
    await client.query(`CREATE TABLE ${planted} (planted bytea)`);
    try {
      // Not compressed: what the files hold is then just what was put in, as with the short values of people.
      await client.query(`INSERT INTO ${planted} SELECT unnest($1::bytea[])`, [rows]);
      if (info.superuserUrl) await client.query('CHECKPOINT');
      const { scan, tables } = await scanTables(client, wanted.search);
      judge(trial, `${tables} tables of the ${name} database, by COPY`, scan, wanted);
      if (!info.folder) {
        trial.check(`the ${name} database's files`, "they can't be read: the server isn't ours");
        return;
      }
      const found = await scanFolder(info.folder, wanted.search);
      judge(
        trial,
        `${found.files} files of the ${name} database, its log of changes included`,
        found.scan,
        wanted,
      );
    } finally {
      await client.query(`DROP TABLE ${planted}`);
    }
  });
}

async function searchLogs({ info }: Stage, wanted: Wanted, trial: Trial): Promise<void> {
  const planted = join(info.logFolder, `demo-control-${randomBytes(6).toString('hex')}.log`);
  writeFileSync(
    planted,
    Buffer.concat(wanted.control.map(({ bytes }) => Buffer.concat([bytes, Buffer.from('\n')]))),
  );
  try {
    const { scan, files } = await scanFolder(info.logFolder, wanted.search);
    judge(trial, `${files - 1} log files`, scan, wanted);
  } finally {
    rmSync(planted);
  }
}

/** A search that does not find what was put there proves nothing about the rest. */
function judge(trial: Trial, where: string, { found, bytes }: Scan, { control }: Wanted): void {
  const blind = control.filter((needle) => !found.has(needle));
  const leaked = [...found].filter(({ kind }) => kind !== CONTROL);
  const [first] = leaked;
  const megabytes = (bytes / 1_000_000).toFixed(1);
  trial.check(
    `${where} (${megabytes} MB): none of them, and the control in all ${control.length} forms`,
    (first && `${grouped(leaked.length)} needles found, such as ${first.kind} in ${first.form}`) ||
      (blind.length > 0 && `the control was not found in ${blind[0]?.form}`),
  );
}
