import type { PurposeName, Reading } from '@integument/contracts';

export type App = 'vault' | 'api';

/** An operation that was answered with success: the audit log has to hold it exactly once. */
export interface Acknowledged {
  readonly app: App;
  readonly action: string;
  readonly requestId: string;
  /** An earlier try without an answer may have done it already, and then there was nothing left to do or to write. */
  readonly maybeRepeated: boolean;
}

export interface EnrolledPerson {
  readonly email: string;
  readonly person: string;
}

export interface Batch {
  readonly batch: string;
  readonly readings: readonly Reading[];
}

export type Consent = 'none' | 'open' | 'frozen';

/** What a person's consents and data must look like after the kills. */
export interface Subject {
  readonly name: string;
  /** states that are possible for each purpose: one, unless the last words about it were never answered */
  readonly consents: Map<PurposeName, Set<Consent>>;
  readonly stored: Batch[];
  /** batches without an answer: all of each is there, or nothing */
  readonly unsure: Batch[];
  /** batches that were refused: nothing of them is there */
  readonly refused: Batch[];
  readonly events: object[];
}

export interface Erasure {
  readonly email: string;
  readonly erasure: string;
  readonly claim: string;
}

/** Everything the servers have promised while they were being killed. */
export class Ledger {
  readonly acknowledged: Acknowledged[] = [];
  readonly people: EnrolledPerson[] = [];
  /** enrolments without an answer: such a person is there once or not at all */
  readonly unsurePeople: string[] = [];
  readonly subjects: Subject[] = [];
  readonly erasures: Erasure[] = [];
  /** effects after an answered withdrawal, and whatever else must never be seen */
  readonly violations: string[] = [];
  /** when each actor was last answered with success, by its name */
  readonly heard = new Map<string, number>();

  record(actor: string, app: App, action: string, requestId: string, maybeRepeated = false): void {
    this.heard.set(actor, performance.now());
    this.acknowledged.push({ app, action, requestId, maybeRepeated });
  }
}
