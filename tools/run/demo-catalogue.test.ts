import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogueFile, catalogueOf } from '../../apps/vault/src/features/catalogue/catalogue-file.js';
import { PROJECT_FOLDER } from '../project-folder.js';
import { DEMO_CATALOGUE } from './demo-catalogue.js';

describe('the catalogue of the embedded run', () => {
  it('is one that the vault takes, with one field that no erasure reaches', () => {
    const catalogue = catalogueOf(catalogueFile.parse(DEMO_CATALOGUE));
    const kept = Object.keys(DEMO_CATALOGUE.fields).filter(
      (name) => catalogue.find(name)?.erasable === false,
    );
    expect(kept).toEqual(['terminal_phone']);
    expect(catalogue.domainFor('brand-shop', 'orders')).toBe('orders');
  });

  it('is the one that docs/vault.md shows', () => {
    const page = readFileSync(join(PROJECT_FOLDER, 'docs/vault.md'), 'utf8');
    const [, shown = ''] = /^```json\n(\{\n {2}"fields".*?)^```$/ms.exec(page) ?? [];
    expect(JSON.parse(shown)).toEqual(DEMO_CATALOGUE);
  });
});
