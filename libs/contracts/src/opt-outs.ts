import { z } from 'zod';
import { CONSENT_CHANNELS } from './consent.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

/**
 * What Californians can have stopped without being asked who they are (Cal. Civ. Code 1798.120, 1798.121), and here everybody: that
 * their data goes to third parties, and that sensitive data is used for more than what they came for.
 */
export const OPT_OUTS = ['sale-or-sharing', 'limit-use'] as const;
export type OptOutKind = (typeof OPT_OUTS)[number];

/** Business days in which it has to be carried out, to the last recipient: 11 CCR 7026(f), 7027(g). */
export const OPT_OUT_BUSINESS_DAYS = 15;

/** What a browser says for everybody who uses it: Global Privacy Control. */
export const GPC_HEADER = 'sec-gpc';

const kind = z.enum(OPT_OUTS);
/** By the person, or by their browser for them. */
export const OPT_OUT_CHANNELS = [...CONSENT_CHANNELS, 'signal'] as const;
export type OptOutChannel = (typeof OPT_OUT_CHANNELS)[number];

/** That somebody opted out, whatever it concerned then. */
export const standingOptOut = z.strictObject({
  kind,
  onDay: z.iso.date(),
  channel: z.enum(OPT_OUT_CHANNELS),
});
export type StandingOptOut = z.output<typeof standingOptOut>;

const concerned = z.object({
  purpose: z.enum(PURPOSE_NAMES),
  state: z
    .enum(['allowed', 'none', 'stopped'])
    .describe('allowed: it goes on; none: it never began, and nobody said no to it'),
  dueOn: z.iso.date().nullable().describe('By when the last recipient has heard of it'),
  doneOn: z.iso.date().nullable().describe('When it had'),
  notAskedBefore: z.iso.date().nullable().describe('For a year nobody may ask to allow it again'),
});
const optOut = z.object({ kind, purposes: z.array(concerned) });
const made = optOut.extend({
  purposes: z.array(
    concerned.extend({
      receipt: z
        .string()
        .nullable()
        .describe(
          'As that of a consent; null where it had been objected to before. Of what never began there is no other',
        ),
    }),
  ),
});
export type OptOutView = z.output<typeof optOut>;
export type OptOutMade = z.output<typeof made>;

export const listOptOuts = defineRoute({
  id: 'opt_outs.list',
  method: 'GET',
  path: '/v1/me/opt-outs',
  summary: 'What the signed-in person can have stopped, and what they have had stopped',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'read', resource: 'OptOut' },
  reply: z.object({ optOuts: z.array(optOut) }),
  problems: ['vault.unavailable'],
});

export const optOutOf = defineRoute({
  id: 'opt_outs.make',
  method: 'POST',
  path: '/v1/me/opt-outs/:kind',
  summary:
    'Opt out of sale and sharing, or limit the use of sensitive data, of all purposes at once. 202 where the vault still has to hear of it: nothing of them goes on already',
  tag: 'Consent',
  audience: ['person'],
  ability: { action: 'make', resource: 'OptOut' },
  params: z.strictObject({ kind }),
  body: z.strictObject({ channel: z.enum(CONSENT_CHANNELS).default('web') }),
  reply: made,
  problems: ['consent.superseded', 'vault.unavailable'],
});

export const overdueOptOuts = defineRoute({
  id: 'opt_outs.overdue',
  method: 'GET',
  path: '/v1/opt-outs/overdue',
  summary: 'Opt-outs of which a recipient has not heard in time',
  tag: 'Consent',
  audience: ['staff'],
  ability: { action: 'read', resource: 'OverdueOptOut' },
  reply: z.object({
    overdue: z.array(
      z.object({
        kind,
        purpose: z.enum(PURPOSE_NAMES),
        receivedOn: z.iso.date(),
        dueOn: z.iso.date(),
        state: z
          .enum(['lost', 'waiting'])
          .describe(
            'lost: a recipient was given up, or what is known of them is erased; no clock ends by itself then',
          ),
        count: z.int(),
      }),
    ),
  }),
});
