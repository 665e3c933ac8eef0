import { describe, expect, it } from 'vitest';
import { countCheck, countTests, describe as lastLine, sum, type VitestReport } from './count.mjs';
import { isInstalled, isNewEnough } from './installed.mjs';

const report = (change: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 5,
  numFailedTests: 0,
  numPendingTests: 2,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{}] }],
  ...change,
});

describe('counting a run of tests', () => {
  it('takes the numbers of the report; what is still to do counts as skipped', () => {
    expect(countTests(0, report({}))).toEqual({ passed: 5, failed: 0, skipped: 3 });
  });

  it('counts a file that could not be loaded', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(countTests(1, report({ testResults })).failed).toBe(1);
  });

  it('counts a failure that is no test', () => {
    expect(countTests(1, report({})).failed).toBe(1);
  });

  it('counts a run without a report as failed', () => {
    expect(countTests(0, undefined)).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });
});

describe('the last line', () => {
  it('sums tests and checks', () => {
    const total = sum([countTests(0, report({})), countCheck(0), countCheck(2)]);
    expect(lastLine(total)).toBe('6 passed, 1 failed, 3 skipped');
  });
});

describe('the installed packages', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/for-another-platform': { version: '1.0.0', optional: true },
    },
  };

  it('are complete without those for other platforms', () => {
    expect(isInstalled(lock, { packages: { 'node_modules/a': { version: '1.0.0' } } })).toBe(true);
  });

  it('are not complete in another version, without one, or without a list', () => {
    expect(isInstalled(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
    expect(isInstalled(lock, { packages: {} })).toBe(false);
    expect(isInstalled(lock, undefined)).toBe(false);
  });
});

describe('the version of Node.js', () => {
  it.each([
    ['20.19.0', true],
    ['20.20.2', true],
    ['22.0.0', true],
    ['20.18.9', false],
    ['18.30.0', false],
  ])('%s is new enough: %s', (version, enough) => {
    expect(isNewEnough(version, '20.19.0')).toBe(enough);
  });
});
