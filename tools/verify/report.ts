// The core by its path and not the library by its name: the verifier must run without database code.
import type { Cosigned, Refused, Verified, VerifyReport } from '../../libs/audit-log/src/core/index.js';

/** What the auditor reads. Nothing in it comes from an entry but two times. */
export function describeReport(report: VerifyReport): string {
  return report.ok ? describeVerified(report) : describeRefused(report);
}

function describeVerified(report: Verified): string {
  const lines = [
    `VERIFIED ${report.origin}`,
    `  size   ${report.size} entries under ${report.checkpoints} signed checkpoints`,
    `  root   ${report.root}`,
    `  first  ${report.firstAt ?? '-'}`,
    `  last   ${report.lastAt ?? '-'}`,
  ];
  if (report.archived > 0) lines.push(`  the first ${report.archived} entries are in the archive`);
  if (report.keys > 1)
    lines.push(`  signed by ${report.keys} keys, one after the other; the newest is ${report.key}`);
  if (report.earlierSize !== null) {
    lines.push(`  begins with the ${report.earlierSize} entries of the earlier checkpoint`);
  }
  if (report.newer) lines.push(`  the newest checkpoint continues it, with ${report.newer.size} entries`);
  if (report.cosigned) lines.push(...describeCosigned(report.cosigned));
  return `${lines.join('\n')}\n`;
}

function describeCosigned({ size, by, uncovered, uncoveredSince }: Cosigned): string[] {
  const lines = by.map(({ witness, time }) => {
    return `  cosigned up to ${size} entries by ${witness} at ${new Date(time * 1_000).toISOString()}`;
  });
  const since = uncoveredSince === null ? '' : `, of ${uncoveredSince} and later`;
  lines.push(`  not covered by these witnesses: ${uncovered} entries${since}`);
  return lines;
}

function describeRefused(report: Refused): string {
  const log = report.origin === null ? '' : ` ${report.origin}`;
  const lines = [`NOT VERIFIED${log}: ${where(report)}${report.message} (${report.code})`];
  if (report.evidence) {
    const { what, expected, found } = report.evidence;
    lines.push(`  ${what}: expected ${expected}`, `  ${what}: found    ${found}`);
  }
  if (report.confirmed > 0) {
    lines.push(`  positions 0 to ${report.confirmed - 1} are as a signed checkpoint says`);
  }
  const between = (report.position ?? 0) - report.confirmed;
  if (report.position === report.through && between > 0) {
    const first = report.confirmed;
    lines.push(
      `  positions ${first} to ${first + between - 1} agree with their own hashes; no checkpoint before the damage covers them`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function where({ position, through }: Refused): string {
  if (position === null) return '';
  if (position === through) return `first bad position ${position}: `;
  return `first bad position between ${position} and ${through}: `;
}
