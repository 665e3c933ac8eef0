import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT_FOLDER } from '../project-folder.js';

const read = (path: string) => readFileSync(join(PROJECT_FOLDER, path), 'utf8');
const document = read('docs/asvs.md');

/** Sections of ASVS 5.0.0, and how many requirements of levels 1 and 2 each begins with. */
const LEVELS_1_AND_2 = `1.1:2 1.2:9 1.3:11 1.4:3 1.5:2 2.1:3 2.2:3 2.3:4 2.4:1 3.2:2 3.3:4 3.4:6 3.5:5 3.7:2 4.1:3 4.2:1 4.3:2 4.4:4
  5.1:1 5.2:3 5.3:2 5.4:3 6.1:3 6.2:12 6.3:4 6.4:4 6.5:5 6.6:3 6.8:4 7.1:3 7.2:4 7.3:2 7.4:5 7.5:2 7.6:2 8.1:2 8.2:3 8.3:1 8.4:1
  9.1:3 9.2:4 10.1:2 10.2:2 10.3:4 10.4:11 10.5:5 10.6:2 10.7:3 11.1:2 11.2:3 11.3:3 11.4:4 11.5:1 11.6:1 12.1:3 12.2:2 12.3:4
  13.1:1 13.2:5 13.3:2 13.4:5 14.1:2 14.2:4 14.3:3 15.1:3 15.2:3 15.3:7 16.1:1 16.2:5 16.3:4 16.4:3 16.5:3 17.1:1 17.2:4 17.3:2`;
/** All of level 3 on authentication, sessions, authorization and OAuth, and the one on several people. */
const LEVEL_3 = `2.3.5 6.3.5 6.3.6 6.3.7 6.3.8 6.4.5 6.4.6 6.5.6 6.5.7 6.5.8 6.6.4 6.7.1 6.7.2 7.5.3 8.1.3 8.1.4 8.2.4 8.3.2 8.3.3 8.4.2
  10.2.3 10.3.5 10.4.12 10.4.13 10.4.14 10.4.15 10.4.16`;

interface Row {
  readonly numbers: readonly string[];
  readonly state: string;
  readonly how: string;
}

const rows: Row[] = [...document.matchAll(/^\| (\d[\d., ]*) \| [^|]+ \| ([^|]+) \| (.+) \|$/gm)].map(
  ([, numbers = '', state = '', how = '']) => ({ numbers: numbers.split(', '), state, how }),
);

function expected(): string[] {
  const sections = LEVELS_1_AND_2.split(/\s+/).flatMap((text) => {
    const [section = '', count = ''] = text.split(':');
    return Array.from({ length: Number(count) }, (_, at) => `${section}.${at + 1}`);
  });
  return [...sections, ...LEVEL_3.split(/\s+/)];
}

/** Each file that is named, with the titles that follow it before the next one. */
function quoted(): { path: string; title: string }[] {
  const found: { path: string; title: string }[] = [];
  for (const line of document.split('\n')) {
    let path = '';
    for (const [, file, title] of line.matchAll(/`([\w./-]+\.\w+)`|“([^”]+)”/g)) {
      if (file !== undefined) path = file;
      else if (title !== undefined) found.push({ path, title });
    }
  }
  return found;
}

describe('docs/asvs.md', () => {
  it('has every requirement of levels 1 and 2, and of level 3 where it says so, once', () => {
    const numbers = rows.flatMap((row) => row.numbers);
    expect(numbers.filter((number, at) => numbers.indexOf(number) !== at)).toEqual([]);
    expect(numbers.sort()).toEqual(expected().sort());
  });

  it('names tests that are there, by titles that stand in them', () => {
    const titles = quoted();
    expect(titles.length).toBeGreaterThan(100);
    const gone = titles.filter(
      ({ path, title }) => !existsSync(join(PROJECT_FOLDER, path)) || !titlesOf(path).has(title),
    );
    expect(gone).toEqual([]);
  });

  it('names files that are there', () => {
    const files = [
      ...document.matchAll(
        /`((?:apps|libs|tools|docs|deploy|bench)\/[\w./-]+|[\w.-]+\.(?:md|json|yml|cjs))`/g,
      ),
    ];
    expect(files.flatMap(([, path = '']) => (existsSync(join(PROJECT_FOLDER, path)) ? [] : [path]))).toEqual(
      [],
    );
  });

  it('calls nothing met without a test, unless it says that there is none', () => {
    const states = ['met', 'in part', 'not met', 'n/a'];
    expect(rows.filter(({ state }) => !states.includes(state))).toEqual([]);
    const bare = rows.filter(
      ({ state, how }) => state === 'met' && !/\.test\.ts|no test|^As |\bAs \d/.test(how),
    );
    expect(bare).toEqual([]);
  });

  it('refers to other requirements that it has', () => {
    const numbers = new Set(rows.flatMap((row) => row.numbers));
    const referred = rows.flatMap(({ how }) =>
      [...how.matchAll(/\bAs (\d+\.\d+\.\d+)/g)].map(([, number = '']) => number),
    );
    expect(referred.filter((number) => !numbers.has(number))).toEqual([]);
  });
});

/** Every text in quotes that a file has: titles, and names of cases. */
function titlesOf(path: string): Set<string> {
  const texts = read(path).matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`\n]*)`/g);
  return new Set([...texts].map(([, single, double, back]) => single ?? double ?? back ?? ''));
}
