import type { Figure } from './figure.js';

/** `ONLY` or `LONG` says something that doesn't exist. */
export class WrongChoice extends Error {
  override readonly name = 'WrongChoice';
}

/** The figures that `ONLY=name,…` names, or all but the long ones, or with `LONG=1` all. @throws {WrongChoice} */
export function choose(
  figures: readonly Figure[],
  { ONLY, LONG }: { readonly ONLY?: string; readonly LONG?: string },
): Figure[] {
  const names = (ONLY ?? '').split(',').filter((name) => name !== '');
  if (names.length === 0) return figures.filter(({ long }) => LONG === '1' || !long);
  const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
  if (unknown.length > 0) {
    const known = figures.map(({ name }) => name).join(', ');
    throw new WrongChoice(`no such figure as ${unknown.join(', ')}; there are ${known}`);
  }
  return figures.filter(({ name }) => names.includes(name));
}
