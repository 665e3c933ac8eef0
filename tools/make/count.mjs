/** Adds up counts of the shape { passed, failed, skipped }. */
export function sum(counts) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const count of counts) for (const kind of Object.keys(total)) total[kind] += count[kind];
  return total;
}

/** A check without tests of its own counts as one. */
export function countCheck(status) {
  return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
}

/**
 * Counts a run of Vitest by its JSON report. What the report doesn't show as a failed test must not pass either: a file
 * that can't be loaded has no tests, and a failing global setup or a stray rejection leaves a report without a failure,
 * or none at all.
 */
export function countTests(status, report) {
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** The last line of `make test`. */
export function describe({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
