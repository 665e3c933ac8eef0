// `make test` and `make prove`: every check and every suite, whatever fails; the last line sums them up truly.
// Plain JavaScript, so that it can also say that the build itself is broken.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countCheck, countTests, describe, sum } from './count.mjs';

const SOURCES = ['apps', 'libs', 'tools', 'bench'];
const proving = process.env.PROVE === '1';
const reports = mkdtempSync(join(tmpdir(), 'integument-reports-'));

/** Checks that are passed or failed as a whole. */
const CHECKS = {
  build: ['node', 'tools/make/build.mjs'],
  format: ['biome', 'format'],
  lint: ['biome', 'lint', '--error-on-warnings'],
  eslint: ['eslint', '--no-error-on-unmatched-pattern', ...SOURCES],
  types: ['tsc', '--noEmit', '-p', '.'],
  imports: ['depcruise', '--config', '.dependency-cruiser.cjs', ...SOURCES],
};
const SUITES = ['unit', 'int', 'e2e'];

const chosen = process.env.ONLY ? new Set(process.env.ONLY.split(',')) : undefined;
const unknown = [...(chosen ?? [])].filter((name) => !(name in CHECKS) && !SUITES.includes(name));
if (unknown.length > 0) {
  console.error(
    `ONLY: no such step as ${unknown.join(', ')}; there are ${[...Object.keys(CHECKS), ...SUITES].join(', ')}`,
  );
  process.exit(2);
}
const isChosen = (name) => chosen?.has(name) ?? true;

// Everything else may use the build, so it comes first; a broken one doesn't keep the others from running.
// Then two lanes for two cores: the checks beside the suites. Suites run one after the other, since each one by itself
// uses PostgreSQL and more than one process.
const counts = [];
const checks =
  proving && !chosen ? [] : Object.keys(CHECKS).filter((name) => name !== 'build' && isChosen(name));
const started = Date.now();
await lane(['build'], check);
await Promise.all([lane(checks, check), lane(SUITES.filter(isChosen), suite)]);
rmSync(reports, { recursive: true, force: true });

const total = sum(counts);
console.log(`\n${seconds(started)} s`);
console.log(describe(total));
process.exit(total.failed === 0 ? 0 : 1);

async function lane(names, step) {
  for (const name of names) counts.push(await step(name));
}

async function check(name) {
  const begun = Date.now();
  const { status, output } = await run(CHECKS[name]);
  const count = countCheck(status);
  tell(name, count, begun, output);
  return count;
}

async function suite(name) {
  const begun = Date.now();
  const file = join(reports, `${name}.json`);
  const args = [
    'run',
    '--project',
    name,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ];
  const { status, output } = await run(['vitest', ...args]);
  const count = countTests(status, readReport(file));
  tell(name, count, begun, output);
  return count;
}

/** One line for a step; the whole output of a failed one, uncut. Skipped tests say why in the output. */
function tell(name, count, begun, output) {
  const sign = count.failed === 0 ? '✓' : '✗';
  console.log(`${sign} ${name.padEnd(8)} ${describe(count)}  (${seconds(begun)} s)`);
  if (count.failed > 0) console.log(output);
  else for (const line of output.match(/^skipped: .*$/gm) ?? []) console.log(`  ${line}`);
}

function run([program, ...args]) {
  const path = `${join('node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`;
  const env = { ...process.env, PATH: path, FORCE_COLOR: '0', NO_COLOR: '1' };
  const child = spawn(program, args, {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ status: 1, output: error.message }));
    child.once('close', (code) => resolve({ status: code ?? 1, output }));
  });
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function seconds(since) {
  return ((Date.now() - since) / 1_000).toFixed(1);
}
