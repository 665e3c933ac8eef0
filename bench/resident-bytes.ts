import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Memory that a process of this machine has at this moment. @throws if there is no such process */
export function residentBytes(pid: number): number {
  const kibibytes =
    process.platform === 'linux'
      ? /^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  if (!kibibytes) throw new Error(`nothing is known of process ${pid}`);
  return Number(kibibytes) * 1_024;
}
