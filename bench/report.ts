import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isMet, type Measurement, type Result } from './measure.js';

const HEADINGS = ['figure', 'value', 'limit', 'unit', 'ratio', 'spread', 'target', 'at least', 'rounds', ''];
const TEXT_COLUMNS = new Set(['figure', 'unit']);

/** A table for people to read. */
export function table(measurements: readonly Measurement[]): string {
  const rows = [HEADINGS, ...measurements.map(cells)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => row.map((cell, column) => pad(cell, column, widths)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Writes the results for programs to read: a list, without what only people ask for. */
export function writeResults(file: string, measurements: readonly Measurement[]): void {
  const results = measurements.map(({ ratios: _, ...result }): Result => result);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

function cells(measurement: Measurement): string[] {
  const { name, value, limit, unit, ratio, ratios, target, higherIsBetter, atLeast } = measurement;
  const spread = `${(ratios[0] ?? ratio).toFixed(2)}–${(ratios.at(-1) ?? ratio).toFixed(2)}`;
  const aim = `${higherIsBetter ? '≥' : '≤'} ${target}`;
  return [
    name,
    amount(value),
    amount(limit),
    unit,
    ratio.toFixed(2),
    spread,
    aim,
    atLeast === undefined ? '' : amount(atLeast),
    String(ratios.length),
    isMet(measurement) ? '✓' : '✗',
  ];
}

/** Three digits are more than the noise leaves certain. */
function amount(value: number): string {
  return Math.abs(value) >= 1_000
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)));
}

function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return TEXT_COLUMNS.has(HEADINGS[column] ?? '') ? cell.padEnd(width) : cell.padStart(width);
}
