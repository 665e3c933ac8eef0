import { expect, test } from 'vitest';
import { parseForm } from './form-body.js';

const parsed = (text: string) => ({ ...parseForm(Buffer.from(text)) });

test('a form reads as its fields', () => {
  expect(parsed('logout_token=a.b-c_d&x=%C3%A9+1&empty=')).toEqual({
    logout_token: 'a.b-c_d',
    x: 'é 1',
    empty: '',
  });
});

test('a field that comes twice is refused', () => {
  expect(() => parseForm(Buffer.from('a=1&b=2&%61=3'))).toThrow('request.form');
});

test('what is no UTF-8 is refused', () => {
  expect(() => parseForm(Buffer.from([0x61, 0x3d, 0xff]))).toThrow('request.encoding');
});

test('no field is a prototype’s', () => {
  const form = parseForm(Buffer.from('__proto__=x&constructor=y'));
  expect(Object.getPrototypeOf(form)).toBeNull();
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});
