import { writeSync } from 'node:fs';
import { AuditLog, archiveEntries, defineAction, Integrator, NoteSigner } from '@integument/audit-log';
import { openDatabase, UnitOfWork } from '@integument/database';
import { z } from 'zod';
import { dieAt } from './death.js';
import type { MortalTask } from './mortal-task.js';

// A process that does one thing to a log and kills itself, with SIGKILL, at a step that it is told: a statement sent to
// PostgreSQL, transactions' beginnings and ends included, or a change of a file. What it runs is the product's code as it is.

const task = JSON.parse(process.env.MORTAL_TASK ?? '{}') as MortalTask;
const database = await openDatabase({
  url: task.databaseUrl,
  poolSize: 1,
  applicationName: 'mortal',
  migrations: [],
});
const unitOfWork = new UnitOfWork(database);
// Not before the connection is there: its own statements are no steps of the task.
if (task.death) dieAt(task.death);
const roles = { integrate, write, archive };
await roles[task.role]();
await database.destroy();

async function integrate(): Promise<void> {
  const onError = (error: unknown) => {
    throw error;
  };
  const retired = task.retiredKey === undefined ? undefined : NoteSigner.parse(task.retiredKey);
  const integrator = new Integrator({ ...signing(), retired, pollMs: 1, onError });
  if (!task.forever) return void (await integrator.integrate());
  integrator.start();
  writeSync(1, 'started\n');
  await new Promise<never>(() => setInterval(() => undefined, 1_000));
}

/** Effects and their entries, told of once they are acknowledged. */
async function write(): Promise<void> {
  const counted = defineAction('tests.count', z.object({ n: z.int(), writer: z.int() }));
  const { writer = 0 } = task;
  for (let n = 0; n < 2; n++) {
    const entry = counted({
      outcome: 'done',
      actor: { kind: 'system', id: 'test' },
      details: { n, writer },
    });
    await unitOfWork.run(async (tx) => {
      await tx.query('INSERT INTO effect (writer, n) VALUES ($1, $2)', [writer, n]);
      await new AuditLog().append(tx, entry);
    });
    writeSync(1, `${n}\n`);
  }
}

async function archive(): Promise<void> {
  const actor = { kind: 'process', id: 'audit-archive' } as const;
  await archiveEntries({ ...signing(), folder: task.folder ?? '', before: Number.MAX_SAFE_INTEGER, actor });
}

function signing() {
  return { unitOfWork, signer: NoteSigner.parse(task.key) };
}
