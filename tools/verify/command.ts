import type { Verified, VerifyReport } from '../../libs/audit-log/src/core/index.js';
import type { Machine } from '../auditor/machine.js';
import { reasonOf } from '../auditor/reason.js';
import { UsageError } from '../auditor/usage-error.js';
import { type Arguments, parseArguments, USAGE } from './arguments.js';
import { asksForInclusion, inclusionCommand } from './inclusion.js';
import type { LogRun } from './log-run.js';
import { mergeLogs } from './merge.js';
import { Progress } from './progress.js';
import { asksForReceipt, receiptCommand } from './receipt.js';
import { describeReport } from './report.js';
import { openSources } from './sources.js';
import { readTrust, startRuns } from './trust.js';

/** Runs the command line of the verifier. @returns the exit status */
export async function verifyCommand(args: readonly string[], machine: Machine): Promise<0 | 1 | 2> {
  try {
    if (asksForInclusion(args)) return await inclusionCommand(args, machine);
    if (asksForReceipt(args)) return await receiptCommand(args, machine);
    const asked = parseArguments(args);
    const trust = await readTrust(asked, machine);
    const sources = await openSources(asked, machine);
    const runs: LogRun[] = [];
    try {
      runs.push(...startRuns(sources, trust, asked, machine.today()));
      return await verify(runs, asked, machine);
    } finally {
      for (const { stream } of sources) await stream?.close();
      for (const run of runs) await run.close();
    }
  } catch (error) {
    machine.error(error instanceof UsageError ? USAGE : `could not be checked: ${reasonOf(error)}\n`);
    return 2;
  }
}

async function verify(runs: readonly LogRun[], asked: Arguments, machine: Machine): Promise<0 | 1> {
  const progress = new Progress(runs, machine);
  const reports = await (asked.merge === undefined
    ? verifyRest(runs, progress)
    : verifyMerged(runs, asked.merge, progress, machine)
  ).finally(() => progress.clear());
  // Entries that go to standard output must be alone there.
  const out = (text: string) => (asked.merge === '-' ? machine.error(text) : machine.out(text));
  for (const report of reports) {
    if (report.ok) out(describeReport(report));
    else machine.error(describeReport(report));
  }
  const [report] = reports;
  if (asked.save !== undefined && report?.ok) await save(noteToKeep(report), asked.save, machine);
  return reports.every(({ ok }) => ok) ? 0 : 1;
}

/** The newest, but of entries that nobody read only if the witnesses vouch for them: a fork that is kept would condemn the log. */
function noteToKeep({ newer, note, cosigned }: Verified): string {
  const isVouchedFor = newer && (!cosigned || cosigned.size >= newer.size);
  return isVouchedFor ? newer.note : note;
}

async function verifyMerged(
  runs: readonly LogRun[],
  target: string,
  progress: Progress,
  machine: Machine,
): Promise<VerifyReport[]> {
  const spool = await machine.openSpool(target === '-' ? null : target);
  let isKept = false;
  try {
    if (await mergeLogs(runs, spool, () => progress.update())) {
      await spool.keep();
      isKept = true;
    }
  } finally {
    if (!isKept) await spool.drop();
  }
  return verifyRest(runs, progress);
}

/** The reports of all logs, those too at which merging has stopped. Nothing is done with their entries. */
async function verifyRest(runs: readonly LogRun[], progress: Progress): Promise<VerifyReport[]> {
  for (const run of runs) {
    while (await run.step()) {
      run.entries.length = 0;
      progress.update();
    }
  }
  return runs.flatMap(({ report }) => report ?? []);
}

async function save(note: string, path: string, machine: Machine): Promise<void> {
  const spool = await machine.openSpool(path);
  await spool.write(note);
  await spool.keep();
}
