import { z } from 'zod';
import { pseudonym } from './ids.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

const purpose = z.enum(PURPOSE_NAMES);
const params = z.strictObject({ purpose });

export const listPurposes = defineRoute({
  id: 'consent.purposes',
  method: 'GET',
  path: '/v1/purposes',
  summary: 'What personal data is used for here, and on which ground',
  tag: 'Consent',
  audience: ['public'],
  reply: z.object({
    purposes: z.array(
      z.object({
        name: purpose,
        title: z.string(),
        ground: z.string(),
        article9: z.string().nullable(),
        categories: z.array(z.string()),
        retentionDays: z.int(),
        eraseAfterWithdrawalDays: z.int(),
        evidenceDays: z.int(),
        module: z.string(),
      }),
    ),
  }),
});

const consentState = z.object({
  purpose,
  state: z.enum(['none', 'opening', 'open', 'frozen']),
  permit: pseudonym
    .nullable()
    .describe('Present while the permit lives; hand it to a device or health client'),
  dueOn: z.iso.date().nullable().describe('When frozen data is erased'),
});
export type ConsentState = z.output<typeof consentState>;

export const listConsents = defineRoute({
  id: 'consent.list',
  method: 'GET',
  path: '/v1/me/consents',
  summary: 'What the signed-in person has agreed to',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'read', resource: 'Consent' },
  reply: z.object({ consents: z.array(consentState) }),
});

export const giveConsent = defineRoute({
  id: 'consent.give',
  method: 'POST',
  path: '/v1/me/consents/:purpose/give',
  summary: 'Agree to a purpose',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'give', resource: 'Consent' },
  params,
  body: z.strictObject({
    notice: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .describe('SHA-256 of the notice the person saw'),
  }),
  reply: consentState,
  problems: ['consent.superseded', 'vault.unavailable'],
});

export const withdrawConsent = defineRoute({
  id: 'consent.withdraw',
  method: 'POST',
  path: '/v1/me/consents/:purpose/withdraw',
  summary: 'Take an agreement back. 202 where the vault still has to hear of it: the gate is closed already',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'withdraw', resource: 'Consent' },
  params,
  reply: consentState,
  problems: ['consent.not_given', 'consent.superseded', 'vault.unavailable'],
});

export const consentHistory = defineRoute({
  id: 'consent.history',
  method: 'GET',
  path: '/v1/me/consents/:purpose/history',
  summary: 'Every change of mind about a purpose, oldest first',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'read', resource: 'Consent' },
  params,
  reply: z.object({
    events: z.array(
      z.object({
        kind: z.enum(['given', 'withdrawn', 'renewed']),
        onDay: z.iso.date(),
        notice: z.string().nullable(),
      }),
    ),
  }),
});
