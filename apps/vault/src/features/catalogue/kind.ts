import type { Maskable } from './mask.js';

/** How values of one kind are read, compared and masked. A value is kept as text, whatever it was sent as. */
export interface Kind {
  /** The text that is kept. @returns null for what is no value of this kind */
  read(value: unknown): string | null;
  /** As it is told: what was read. */
  tell(text: string): unknown;
  /** The form in which equal values are equal. */
  normalise(text: string): string;
  parts(text: string): Maskable;
}
