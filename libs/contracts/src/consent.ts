import { z } from 'zod';
import { keptOn } from './holds.js';
import { pseudonym } from './ids.js';
import { DATA_CATEGORIES, LAWFUL_GROUNDS, MODULES, PURPOSE_NAMES } from './purposes.js';
import { noticeHash } from './register.js';
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
        ground: z.enum(LAWFUL_GROUNDS),
        interest: z.string().optional().describe('Where the ground is a legitimate interest: which one'),
        article9: z.string().nullable(),
        categories: z.array(z.enum(DATA_CATEGORIES)),
        recipients: z.array(
          z.object({ name: z.string(), role: z.enum(['processor', 'controller']), country: z.string() }),
        ),
        regions: z.array(z.string()).describe('Countries in which its data lies'),
        flows: z.array(z.object({ to: purpose, categories: z.array(z.enum(DATA_CATEGORIES)) })),
        retentionDays: z.int(),
        consentDays: z.int(),
        eraseAfterWithdrawalDays: z.int(),
        evidenceDays: z.int(),
        module: z.enum(MODULES),
      }),
    ),
  }),
});

const consentState = z.object({
  purpose,
  state: z
    .enum(['none', 'opening', 'open', 'frozen', 'declined'])
    .describe('declined: a no before anything began, of which nothing but the no is kept'),
  permit: pseudonym
    .nullable()
    .describe('Present while the permit lives; hand it to a device or health client'),
  endsOn: z.iso.date().nullable().describe('When an open consent ends unless it is given anew'),
  dueOn: z.iso.date().nullable().describe('When frozen data is erased, if it is kept on no other ground'),
});
export type ConsentState = z.output<typeof consentState>;

/** The same with what keeps its data from being erased. */
const standing = consentState.extend({
  kept: z
    .array(keptOn)
    .describe(
      'Grounds on which data is kept until their day, whatever was taken back; `dueOn` counts them in',
    ),
});
export type StandingConsent = z.output<typeof standing>;

/**
 * What can come to pass about a purpose: `informed` and `objected` where it rests on a legitimate interest (GDPR Art. 21),
 * `objected` also where a signal spoke for somebody; the others where it rests on consent.
 */
export const CONSENT_EVENTS = [
  'given',
  'renewed',
  'refused',
  'withdrawn',
  'expired',
  'informed',
  'objected',
] as const;
export type ConsentEventKind = (typeof CONSENT_EVENTS)[number];

/** Where somebody changes their mind. */
export const CONSENT_CHANNELS = ['web', 'app'] as const;
/** How any event came here: by the person, by who answers for a child, from records of before, by a signal such as `Sec-GPC`, or by time. */
export const EVENT_CHANNELS = [...CONSENT_CHANNELS, 'guardian', 'import', 'signal', 'none'] as const;
export type EventChannel = (typeof EVENT_CHANNELS)[number];
const channel = z.enum(CONSENT_CHANNELS).default('web');

const agreement = z.strictObject({
  notice: noticeHash.describe('The current notice that the person saw'),
  channel,
});

const changed = consentState.extend({
  receipt: z
    .string()
    .nullable()
    .describe(
      'JWS of the receipt (ISO/IEC TS 27560 in JSON-LD), for the person to keep; null where nothing changed',
    ),
});
export type ConsentChanged = z.output<typeof changed>;

export const listConsents = defineRoute({
  id: 'consent.list',
  method: 'GET',
  path: '/v1/me/consents',
  summary: 'What the signed-in person has agreed to',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'read', resource: 'Consent' },
  reply: z.object({ consents: z.array(standing) }),
});

export const giveConsent = defineRoute({
  id: 'consent.give',
  method: 'POST',
  path: '/v1/me/consents/:purpose/give',
  summary: 'Agree to a purpose, or renew what was agreed to',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'give', resource: 'Consent' },
  params,
  body: agreement,
  reply: changed,
  problems: [
    'consent.under_age',
    'consent.not_guarded',
    'consent.child_said_no',
    'consent.superseded',
    'consent.notice_not_current',
    'vault.unavailable',
  ],
});

export const refuseConsent = defineRoute({
  id: 'consent.refuse',
  method: 'POST',
  path: '/v1/me/consents/:purpose/refuse',
  summary: 'Say no to what consent is asked for. What was agreed to before is taken back, with 202 as there',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'refuse', resource: 'Consent' },
  params,
  body: agreement,
  reply: changed,
  problems: [
    'consent.not_guarded',
    'consent.other_ground',
    'consent.superseded',
    'consent.notice_not_current',
    'vault.unavailable',
  ],
});

export const acknowledgeNotice = defineRoute({
  id: 'consent.acknowledge',
  method: 'POST',
  path: '/v1/me/consents/:purpose/acknowledge',
  summary:
    'Say that the person has seen what is done on a legitimate interest: it begins, unless they objected',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'acknowledge', resource: 'Consent' },
  params,
  body: agreement,
  reply: changed,
  problems: [
    'consent.under_age',
    'consent.not_guarded',
    'consent.child_said_no',
    'consent.objected',
    'consent.other_ground',
    'consent.superseded',
    'consent.notice_not_current',
    'vault.unavailable',
  ],
});

export const objectToPurpose = defineRoute({
  id: 'consent.object',
  method: 'POST',
  path: '/v1/me/consents/:purpose/object',
  summary: 'Object to what is done on a legitimate interest (GDPR Art. 21). 202 as for a withdrawal',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'object', resource: 'Consent' },
  params,
  body: z.strictObject({ channel }),
  reply: changed,
  problems: ['consent.not_guarded', 'consent.other_ground', 'consent.superseded', 'vault.unavailable'],
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
  reply: changed,
  problems: ['consent.not_given', 'consent.not_guarded', 'consent.superseded', 'vault.unavailable'],
});

export const consentHistory = defineRoute({
  id: 'consent.history',
  method: 'GET',
  path: '/v1/me/consents/:purpose/history',
  summary: 'Every change of mind about a purpose, oldest first, with its receipt',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'read', resource: 'Consent' },
  params,
  reply: z.object({
    events: z.array(
      z.object({
        kind: z.enum(CONSENT_EVENTS),
        onDay: z.iso.date(),
        channel: z.enum(EVENT_CHANNELS).describe('none: nobody did it, its time was up'),
        notice: z.string().nullable(),
        receipt: z.string().nullable().describe('null where it was not kept: the vault was away'),
      }),
    ),
  }),
  problems: ['consent.not_guarded', 'vault.unavailable'],
});

export const receiptKeys = defineRoute({
  id: 'consent.receipt_keys',
  method: 'GET',
  path: '/v1/consent-receipts/keys',
  summary: 'Public keys by which receipts are checked, those of earlier ones included (RFC 7517)',
  tag: 'Consent',
  audience: ['public'],
  reply: z.object({
    keys: z.array(
      z.object({
        kty: z.literal('EC'),
        crv: z.literal('P-256'),
        x: z.string(),
        y: z.string(),
        kid: z.string(),
        alg: z.literal('ES256'),
        use: z.literal('sig'),
      }),
    ),
  }),
});
