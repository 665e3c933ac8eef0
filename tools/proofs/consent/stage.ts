import type { SeededRandom } from '@integument/testing';
import type pg from 'pg';
import type { FormerShop } from './former-shop.js';
import type { SlowReplicas } from './replicas.js';

export const PURPOSES = ['ingest', 'recommendation'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** When somebody's first word here comes, of whom a consent is brought. */
export const FIRST_WORDS = [
  'refused at some time',
  'withdrawn as early as it can be',
  'withdrawn when it was used',
] as const;
export type FirstWord = (typeof FIRST_WORDS)[number];

/** What was answered, and what must never have been. */
export interface Findings {
  readonly violations: string[];
  readonly served: { readonly action: string; readonly requestId: string }[];
  readonly receipts: string[];
  refused: number;
  withdrawals: number;
  /** requests that began after an answer: refused, and without an answer of the app */
  readonly late: { refused: number; unanswered: number };
  /** what became of consents from before, which were brought while somebody decided here */
  readonly imports: { opened: number; refused: number; served: number };
  /** rows of permits that stayed closed */
  readonly closed: { readonly purpose: Purpose; readonly pseudonym: Buffer; readonly rows: number }[];
}

export const nothingFound = (): Findings => ({
  violations: [],
  served: [],
  receipts: [],
  refused: 0,
  withdrawals: 0,
  late: { refused: 0, unanswered: 0 },
  imports: { opened: 0, refused: 0, served: 0 },
  closed: [],
});

export interface Stage {
  readonly replicas: SlowReplicas;
  readonly shop: FormerShop;
  /** the platform's database, without a detour */
  readonly database: pg.Pool;
  readonly products: readonly string[];
  readonly random: SeededRandom;
  readonly findings: Findings;
  /** those that come next: each as often as the others, or among few rounds chance would leave one of them out */
  readonly firstWords: FirstWord[];
}
