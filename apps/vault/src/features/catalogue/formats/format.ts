/**
 * A value taken apart for a token that looks like it: `kept` stays as it is, all else is one number below `size`.
 * A number, since the places of one text can have different alphabets, and whole groups (a day, an area) only some writings.
 */
export interface Slots {
  /** How many texts there are with the same parts kept; a few of them may not be written, see {@link write}. */
  readonly size: bigint;
  /** Which of them the value is. */
  readonly index: bigint;
  /** What of the value its token shows, with a mark for each part that is replaced. */
  readonly kept: string;
  /**
   * The text of a number, check digits computed; null for the few that no valid text has. `write(index)` is the value.
   * For ever the same: an encrypted token is nothing but its number.
   */
  readonly write: (index: bigint) => string | null;
}

export interface Format {
  /**
   * @param value as its kind's schema gives it
   * @returns null when the value does not have this format. A token has it too, with the same size and the same parts kept.
   */
  readonly slots: (value: string) => Slots | null;
  /** What else a new token must pass, by tables that change with a library's releases and so must not decide which number is which. */
  readonly passes?: (token: string) => boolean;
}
