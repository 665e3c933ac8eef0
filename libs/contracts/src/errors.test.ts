import { expect, test } from 'vitest';
import { z } from 'zod';
import { CodedError, notFound } from './errors.js';
import { page, pageQuery } from './page.js';

test('a coded error keeps its cause for the log and says only its code as a message', () => {
  const cause = new Error('Key (email)=(a@b.example)');
  const error = new CodedError('people.taken', 409, 'Somebody has this already.', { cause });
  expect(error).toMatchObject({ code: 'people.taken', status: 409, message: 'people.taken', cause });
  expect(String(error)).toBe('CodedError: people.taken');
});

test('absent and not yours are told by the same sentence', () => {
  expect(notFound('people.not_found').publicText).toBe(notFound('erasures.not_found').publicText);
});

test('a page is asked for with an opaque cursor and a bounded limit', () => {
  expect(pageQuery.parse({})).toEqual({ limit: 50 });
  expect(pageQuery.parse({ cursor: 'abc_-', limit: '200' })).toEqual({ cursor: 'abc_-', limit: 200 });
  for (const bad of [
    { limit: '0' },
    { limit: '201' },
    { limit: '1.5' },
    { cursor: '' },
    { cursor: 'a b' },
    { offset: 1 },
  ]) {
    expect(pageQuery.safeParse(bad).success).toBe(false);
  }
  expect(page(z.int()).parse({ items: [1], next: null, extra: 1 })).toEqual({ items: [1], next: null });
});
