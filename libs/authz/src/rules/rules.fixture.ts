import { type RuleDocument, ruleDocument } from '@integument/contracts';
import type { z } from 'zod';
import { RuleBook } from './rule-book.js';

/** As it is sent. */
export type DraftedRule = z.input<typeof ruleDocument>['rules'][number];
export type DraftedReveal = z.input<typeof ruleDocument>['reveals'][number];

/** @throws where it is no document that anybody could have stored */
export function documentOf(
  rules: readonly DraftedRule[],
  reveals: readonly DraftedReveal[] = [],
): RuleDocument {
  return ruleDocument.parse({ format: 1, rules, reveals });
}

export function bookOf(rules: readonly DraftedRule[], reveals: readonly DraftedReveal[] = []): RuleBook {
  return new RuleBook(documentOf(rules, reveals), 'vault', 1, '00'.repeat(32));
}
