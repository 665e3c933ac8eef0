export interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
}

export function sum(counts: Iterable<Count>): Count;
export function countCheck(status: number): Count;
export function countTests(status: number, report: VitestReport | undefined): Count;
export function describe(count: Count): string;
