import { defineAction } from '@integument/audit-log';
import { LETTER_TEMPLATES } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { z } from 'zod';
import { type ApiPerson, byWithin } from '../../platform/callers.js';
import { type Gate, subjectOf } from '../permits/index.js';

const notice = z.string().regex(/^[0-9a-f]{64}$/);
const consentGiven = defineAction(
  'consent.give',
  z.strictObject({ kind: z.enum(['given', 'renewed', 'repeated']), notice }),
);
const noticeAcknowledged = defineAction(
  'consent.acknowledge',
  z.strictObject({ kind: z.enum(['informed', 'repeated']), notice }),
);
const NO = {
  withdrawn: defineAction('consent.withdraw', z.strictObject({ kind: z.enum(['withdrawn', 'repeated']) })),
  refused: defineAction('consent.refuse', z.strictObject({ kind: z.enum(['refused', 'repeated']) })),
  objected: defineAction('consent.object', z.strictObject({ kind: z.enum(['objected', 'repeated']) })),
} as const;
/** The time that somebody agreed to was up. */
export const consentExpired = defineAction('consent.expire');
export const consentForetold = defineAction(
  'consent.foretell',
  z.strictObject({ template: z.enum(LETTER_TEMPLATES) }),
);
export const consentRead = defineAction('consent.list');
export const consentHistoryRead = defineAction('consent.history');

/** @param kind `repeated` where the very same was said before */
export function saidYes(
  kind: 'given' | 'informed' | 'renewed' | 'repeated',
  isAsked: boolean,
  notice: string,
  facts: ReturnType<typeof about>,
) {
  if (!isAsked)
    return noticeAcknowledged({
      ...facts,
      details: { kind: kind === 'repeated' ? kind : 'informed', notice },
    });
  return consentGiven({ ...facts, details: { kind: kind === 'informed' ? 'given' : kind, notice } });
}

/** @param isNews false where it had been said before */
export function saidNo(no: keyof typeof NO, facts: ReturnType<typeof about>, isNews: boolean) {
  if (no === 'withdrawn') return NO[no]({ ...facts, details: { kind: isNews ? no : 'repeated' } });
  if (no === 'refused') return NO[no]({ ...facts, details: { kind: isNews ? no : 'repeated' } });
  return NO[no]({ ...facts, details: { kind: isNews ? no : 'repeated' } });
}

/** Of the caller, about the permit behind a gate. */
export function about(asker: Asker<ApiPerson>, gate: Gate) {
  const subject = subjectOf(gate);
  return { ...byWithin(asker, gate.purpose), purpose: gate.purpose, ...(subject && { subject }) };
}
