import { describe, expect, it } from 'vitest';
import { choose, WrongChoice } from './choice.js';
import type { Figure } from './figure.js';

const figure = (name: string, long?: true) => ({ name, ...(long && { long }) }) as Figure;
const FIGURES = [figure('enrol.batch'), figure('http.noop'), figure('tokenize.at_10m', true)];

function chosen(env: { ONLY?: string; LONG?: string }): string[] {
  return choose(FIGURES, env).map(({ name }) => name);
}

describe('the choice of figures', () => {
  it('leaves the long ones out until they are asked for', () => {
    expect(chosen({})).toEqual(['enrol.batch', 'http.noop']);
    expect(chosen({ ONLY: '' })).toEqual(['enrol.batch', 'http.noop']);
    expect(chosen({ LONG: '1' })).toEqual(['enrol.batch', 'http.noop', 'tokenize.at_10m']);
    expect(chosen({ ONLY: 'tokenize.at_10m' })).toEqual(['tokenize.at_10m']);
  });

  it('takes several names and refuses one that does not exist', () => {
    expect(chosen({ ONLY: 'http.noop,enrol.batch' })).toEqual(['enrol.batch', 'http.noop']);
    expect(() => chosen({ ONLY: 'http.noop,http.nope' })).toThrow(WrongChoice);
  });
});
