// The core by its path and not the library by its name: the verifier must run without database code.
import type { Refused, Verified, VerifyReport } from '../../libs/audit-log/src/core/index.js';

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
  if (report.earlierSize !== null) {
    lines.push(`  begins with the ${report.earlierSize} entries of the earlier checkpoint`);
  }
  return `${lines.join('\n')}\n`;
}

function describeRefused(report: Refused): string {
  const lines = [`NOT VERIFIED: ${where(report)}${report.message} (${report.code})`];
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
