import { z } from 'zod';
import { page, pageQuery } from './page.js';
import { defineRoute } from './route.js';
import { DAYS, isTimeZone } from './wall-clock.js';

const audience = ['staff'] as const;
const tag = 'Audit';

/** `people.reveal`, all of a resource (`people.*`), or all (`*`). */
const actionPattern = z
  .string()
  .max(80)
  .regex(/^(\*|[A-Za-z][A-Za-z0-9_-]*\.(\*|[A-Za-z][A-Za-z0-9._-]*))$/);
const name = z
  .string()
  .max(80)
  .regex(/^[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*$/);
const DAY = 86_400;

/** Which entries a rule looks at: those that fit every part that is given. */
const match = z.strictObject({
  actions: z.array(actionPattern).min(1).max(50),
  outcome: z.enum(['done', 'refused']).optional(),
  codes: z.array(name).min(1).max(50).optional().describe('Codes of refusals'),
  reasons: z.array(name).min(1).max(50).optional().describe('Codes of the reasons that were given'),
  actorKinds: z
    .array(z.enum(['person', 'staff', 'client', 'process', 'system']))
    .min(1)
    .optional(),
});

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);

const kind = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('count'),
    threshold: z.int().min(2).max(1_000),
    withinSeconds: z
      .int()
      .min(1)
      .max(7 * DAY),
  }),
  z
    .strictObject({
      kind: z.literal('off-hours'),
      timeZone: z.string().max(64).refine(isTimeZone).describe('Of the IANA database: Europe/Berlin'),
      days: z.array(z.enum(DAYS)).max(7).describe('Business days'),
      from: timeOfDay,
      to: timeOfDay.describe('From here on it is off-hours again'),
    })
    .refine(({ from, to }) => from < to, { path: ['to'] }),
  z.strictObject({
    kind: z.literal('first-seen'),
    of: z.enum(['actor', 'client']),
    learnSeconds: z
      .int()
      .min(0)
      .max(365 * DAY)
      .default(0)
      .describe('So long after its first entry the rule only learns who there is'),
  }),
  z.strictObject({ kind: z.literal('each') }),
]);

/** What an alert rule says. Closed: names, numbers and times, no code. */
export const alertDefinition = z.strictObject({
  match,
  groupBy: z.enum(['actor', 'subject', 'code', 'none']),
  when: kind,
  coolDownSeconds: z
    .int()
    .min(0)
    .max(30 * DAY)
    .describe('So long after an alert there is none for the same group'),
});
export type AlertDefinition = z.output<typeof alertDefinition>;

const ruleName = z
  .string()
  .max(64)
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/)
  .describe('Name of the rule');

const rule = z.object({
  rule: ruleName,
  title: z.string(),
  enabled: z.boolean(),
  definition: alertDefinition,
  changedAt: z.iso.datetime(),
});

const alert = z.object({
  rule: ruleName,
  group: z.string().describe('`staff:olivia`, `subject:…`, `code:…`; empty where the rule does not group'),
  at: z.iso.datetime().describe('Time of the entry that raised it'),
  first: z.int().describe('Position of the first entry that counted'),
  last: z.int().describe('Position of the entry that raised it'),
  count: z
    .int()
    .describe('How many were counted: entries, but all that a minute’s entry of strangers stands for'),
});

export const listAlerts = defineRoute({
  id: 'audit.alerts',
  method: 'GET',
  path: '/v1/audit/alerts',
  summary: 'Alerts that were raised, newest first',
  tag,
  audience,
  ability: { action: 'read', resource: 'Alert' },
  query: pageQuery,
  reply: page(alert),
});

export const listAlertRules = defineRoute({
  id: 'audit.alert_rules',
  method: 'GET',
  path: '/v1/audit/alert-rules',
  summary: 'The rules of the alerts',
  tag,
  audience,
  ability: { action: 'read', resource: 'AlertRule' },
  reply: z.object({ items: z.array(rule) }),
});

export const changeAlertRule = defineRoute({
  id: 'audit.change_alert_rule',
  method: 'PUT',
  path: '/v1/audit/alert-rules/:rule',
  stepUp: true,
  summary: 'Create or replace an alert rule; what it has counted so far is forgotten',
  tag,
  audience,
  ability: { action: 'change', resource: 'AlertRule' },
  params: z.strictObject({ rule: ruleName }),
  body: z.strictObject({
    title: z.string().min(1).max(120),
    enabled: z.boolean(),
    definition: alertDefinition,
  }),
  reply: rule,
  problems: ['audit.too_many_rules'],
});

export const tryAlertRule = defineRoute({
  id: 'audit.try_alert_rule',
  method: 'POST',
  path: '/v1/audit/alert-rules/:rule/try',
  routeClass: 'bulk',
  summary:
    'What a rule would have raised over the last days, or another definition in its place; raises nothing',
  tag,
  audience,
  ability: { action: 'read', resource: 'AlertRule' },
  params: z.strictObject({ rule: ruleName }),
  body: z.strictObject({
    days: z.int().min(1).max(31),
    definition: alertDefinition.optional().describe('Tried in place of the stored one'),
  }),
  reply: z.object({
    from: z.int().describe('Position of the first entry looked at'),
    entries: z.int().describe('How many were looked at'),
    complete: z
      .boolean()
      .describe('False: the days hold more entries than are looked at; the oldest were left out'),
    count: z.int().describe('Alerts that there would have been'),
    items: z.array(alert).describe('The newest of them'),
  }),
  problems: ['audit.unknown_rule'],
});
