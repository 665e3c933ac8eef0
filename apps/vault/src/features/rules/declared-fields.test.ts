import { ruleDocument } from '@integument/contracts';
import { expect, it } from 'vitest';
import { Catalogue } from '../catalogue/index.js';
import { requireDeclaredFields } from './declared-fields.js';

const policy = (fields: 'all' | string[], id: string) => ({
  ...{ id, who: { roles: ['support'] }, purposes: ['support'], form: 'plain' },
  fields,
});
const document = (...fields: ('all' | string[])[]) =>
  ruleDocument.parse({ format: 1, rules: [], reveals: fields.map((some, at) => policy(some, `p-${at}`)) });

it('a policy is about fields of the catalogue, or about all', () => {
  const catalogue = new Catalogue();
  expect(() => requireDeclaredFields(catalogue, document('all', ['email', 'phone']))).not.toThrow();
  expect(() =>
    requireDeclaredFields(catalogue, document(['email'], ['email', 'shoe_size']), 'body.document'),
  ).toThrow(
    expect.objectContaining({ places: [{ path: 'body.document.reveals.1.fields', rule: 'not_declared' }] }),
  );
});
