import { defineAction } from '@integument/audit-log';
import { LETTER_TEMPLATES } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { z } from 'zod';
import { type ApiPerson, byWithin } from '../../platform/callers.js';
import { type Gate, subjectOf } from '../permits/index.js';

// `repeated` where the very same was said before.
const yes = z.strictObject({
  kind: z.enum(['given', 'renewed', 'informed', 'repeated']),
  notice: z.string().regex(/^[0-9a-f]{64}$/),
});
const no = z.strictObject({ kind: z.enum(['withdrawn', 'refused', 'objected', 'repeated']) });
const YES = {
  asked: defineAction('consent.give', yes),
  told: defineAction('consent.acknowledge', yes),
} as const;
const NO = {
  withdrawn: defineAction('consent.withdraw', no),
  refused: defineAction('consent.refuse', no),
  objected: defineAction('consent.object', no),
} as const;
/** The time that somebody agreed to was up. */
export const consentExpired = defineAction('consent.expire');
export const consentForetold = defineAction(
  'consent.foretell',
  z.strictObject({ template: z.enum(LETTER_TEMPLATES) }),
);
export const consentRead = defineAction('consent.list');
export const consentHistoryRead = defineAction('consent.history');

/** @param isAsked false where they were only told */
export function saidYes(kind: z.input<typeof yes>['kind'], isAsked: boolean, notice: string, facts: About) {
  return YES[isAsked ? 'asked' : 'told']({ ...facts, details: { kind, notice } });
}

/** @param isNews false where it had been said before */
export function saidNo(kind: keyof typeof NO, facts: About, isNews: boolean) {
  return NO[kind]({ ...facts, details: { kind: isNews ? kind : 'repeated' } });
}

type About = ReturnType<typeof about>;

/** Of the caller, about the permit behind a gate. */
export function about(asker: Asker<ApiPerson>, gate: Gate) {
  const subject = subjectOf(gate);
  return { ...byWithin(asker, gate.purpose), purpose: gate.purpose, ...(subject && { subject }) };
}
