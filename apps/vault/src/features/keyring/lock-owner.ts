import { readFileSync, readlinkSync } from 'node:fs';

/** A process of this machine, so that it can be told from a later one with its number. What the system doesn't say is empty. */
export interface LockOwner {
  /** which start of the machine */
  readonly boot: string;
  /** which namespace its number is from */
  readonly space: string;
  readonly pid: number;
  /** when it began, in ticks of the machine */
  readonly start: string;
}

/** A process in another container can't be asked for. It touches its lock before each file that it writes. */
const SILENT_MS = 30_000;

export function thisProcess(): LockOwner {
  return {
    boot: said(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    space: said(() => readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')),
    pid: process.pid,
    start: statOf(process.pid)?.start ?? '',
  };
}

/** @param touchedAt when it was last heard of, in milliseconds */
export function isGone(owner: LockOwner, touchedAt: number): boolean {
  const here = thisProcess();
  if (owner.boot !== here.boot) return true;
  if (owner.space !== here.space) return Date.now() - touchedAt > SILENT_MS;
  return !isRunning(owner);
}

function isRunning({ pid, start }: LockOwner): boolean {
  if (!hasProcess(pid)) return false;
  const stat = statOf(pid);
  return !stat || (stat.start === start && !/[XZ]/.test(stat.state));
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** See proc_pid_stat(5): what comes before the last bracket is the program's name, and may be anything. */
function statOf(pid: number): { state: string; start: string } | null {
  const text = said(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const [state, start] = [0, 19].map((at) => text.slice(text.lastIndexOf(')') + 2).split(' ')[at]);
  return state && start ? { state, start } : null;
}

function said(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
