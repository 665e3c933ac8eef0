import { SpentMarks } from '@integument/database';

/** Attempts to sign in, and logout tokens. */
export class SpentMarksStore extends SpentMarks {
  constructor() {
    super('sign_in_spent');
  }
}
