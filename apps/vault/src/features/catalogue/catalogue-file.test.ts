import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { domainNameOf, maskedText } from './catalogue.js';
import { catalogueOf, readCatalogueFile } from './catalogue-file.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-catalogue-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function read(file: unknown) {
  const path = join(folder, 'catalogue.json');
  writeFileSync(path, typeof file === 'string' ? file : JSON.stringify(file));
  return readCatalogueFile(path);
}

const card = { kind: 'card', keep: ['last4'], sensitivity: 'direct', mask: 'last:4' };

describe('a catalogue', () => {
  it('has the identity fields without a file', async () => {
    const catalogue = catalogueOf(await readCatalogueFile(undefined));
    expect(catalogue.find('email')?.types).toEqual(new Set(['random', 'deterministic']));
    expect(catalogue.find('phone')?.types).toContain('format-preserving');
    expect(catalogue.find('card')).toBeUndefined();
  });

  it('has what the file declares', async () => {
    const file = await read({
      fields: {
        card,
        tax_id: {
          kind: 'national-id',
          scheme: 'de-steuer-id',
          sensitivity: 'direct',
          mask: 'hidden',
          erasable: false,
          tokens: ['format-preserving'],
        },
      },
      domains: { orders: { clients: ['shop', 'crm'] } },
    });
    const catalogue = catalogueOf(file);
    const field = catalogue.find('card');
    expect(field && maskedText(field, '4111111111111111')).toBe('•••1111');
    expect(field?.erasable).toBe(true);
    expect([...(catalogue.find('tax_id')?.types ?? [])]).toEqual(['format-preserving']);
    expect(catalogue.domainsOf('shop')).toEqual(new Set(['client:shop', 'orders']));
    expect(catalogue.domainFor('crm', 'orders')).toBe('orders');
    expect(catalogue.domainFor('other', 'orders')).toBeNull();
    expect(domainNameOf(catalogue.domainFor('other', undefined) ?? '')).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{', 'JSON'],
    ['a word that is none', { field: {} }, '(top)'],
    ['the name of an identity field', { fields: { email: card } }, 'fields.email'],
    ['a name that is none', { fields: { 'E-Mail': card } }, 'fields'],
    ['a kind that is none', { fields: { card: { ...card, kind: 'shoe' } } }, 'fields.card.kind'],
    ['a word of another kind', { fields: { card: { ...card, scheme: 'us-ssn' } } }, 'fields.card'],
    ['no sensitivity', { fields: { card: { ...card, sensitivity: undefined } } }, 'fields.card.sensitivity'],
    ['a mask that is none', { fields: { card: { ...card, mask: 'all' } } }, 'fields.card.mask'],
    ['a mask of another kind', { fields: { card: { ...card, mask: 'domain' } } }, 'fields.card.mask'],
    [
      'a token that has no format',
      {
        fields: {
          note: { kind: 'text', sensitivity: 'indirect', mask: 'hidden', tokens: ['format-preserving'] },
        },
      },
      'fields.note.tokens',
    ],
    [
      'what can’t be kept nowhere',
      { fields: { note: { kind: 'text', sensitivity: 'indirect', mask: 'hidden', erasable: false } } },
      'fields.note.erasable',
    ],
    ['a domain of nobody', { domains: { orders: { clients: [] } } }, 'domains.orders.clients'],
    ['a domain named as a client’s own', { domains: { 'client:shop': { clients: ['crm'] } } }, 'domains'],
  ])('with %s stops the start', async (_, file, place) => {
    await expect(read(file)).rejects.toThrow(place);
  });
});
