import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { askToken, makePersonTokens, makeTokens, revealTokens } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import {
  NATIONAL_ID_SCHEMES,
  POSTCODE_COUNTRIES,
} from '../../apps/vault/src/features/catalogue/formats/index.js';
import {
  type KindDeclaration,
  kindDeclaration,
  kindOf,
} from '../../apps/vault/src/features/catalogue/index.js';
import { PROJECT_FOLDER } from '../project-folder.js';

const page = readFileSync(join(PROJECT_FOLDER, 'docs/vault.md'), 'utf8');
const behind = (heading: string) => page.slice(page.indexOf(heading)).split(/\n##/)[0] ?? '';
const rows = (heading: string) =>
  behind(heading)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '));
const quoted = (text = '') => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);

const SAMPLES: readonly KindDeclaration[] = [
  ...(['email', 'phone', 'name', 'line', 'account', 'text', 'date', 'postal-address'] as const).map(
    (kind) => ({
      kind,
    }),
  ),
  { kind: 'card', keep: [] },
  { kind: 'national-id', scheme: 'us-ssn' },
  { kind: 'postcode', country: 'DE' },
];

describe('docs/vault.md', () => {
  it('says of every kind which masks, questions and formats it has', () => {
    const names = kindDeclaration.options.flatMap(({ shape }) => [...shape.kind._zod.values]);
    expect(SAMPLES.map(({ kind }) => kind).sort()).toEqual(names.sort());
    const said = rows('### Kinds').map(([kind, , , masks, questions, format]) => [
      quoted(kind)[0],
      { masks: quoted(masks), questions: quoted(questions), format: format !== '–' },
    ]);
    const known = SAMPLES.map((sample) => {
      const { masks, questions, format } = kindOf(sample);
      return [sample.kind, { masks, questions, format: format !== undefined }];
    });
    expect(said).toEqual(known);
  });

  it('has every scheme and country', () => {
    const part = (from: string) => behind(from).split('\n')[0] ?? '';
    const schemes = quoted(part('**Schemes**')).filter((word) => /^[a-z]{2}-/.test(word));
    expect(schemes).toEqual(NATIONAL_ID_SCHEMES);
    const countries = part('**Countries**')
      .split('. ')[0]
      ?.match(/\b[A-Z]{2}\b/g);
    expect(countries).toEqual(POSTCODE_COUNTRIES);
  });

  it('explains every code that tokens are refused with', () => {
    const problems: string[] = [makePersonTokens, askToken].flatMap(({ problems }) => problems ?? []);
    const entries = [makeTokens, revealTokens].flatMap(({ reply }) =>
      (JSON.stringify(reply?.toJSONSchema({ io: 'input' })).match(/"[a-z]+\.[a-z_]+"/g) ?? []).map((text) =>
        text.slice(1, -1),
      ),
    );
    const explained = new Set(rows('## Codes').flatMap(([codes]) => quoted(codes)));
    expect([...problems, ...entries].filter((code) => !explained.has(code))).toEqual([]);
    expect(entries.length).toBeGreaterThan(15);
  });
});
