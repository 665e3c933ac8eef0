import { z } from 'zod';
import { clientName, fieldName } from './ids.js';
import { REVEAL_FORMS, REVEAL_PURPOSES, reason, SENSITIVITIES } from './people.js';
import { STREAM_NAMES } from './readings.js';
import { regionCodes } from './regions.js';
import { attributesOf, RULE_ATTRIBUTES, RULED_APPS, type RuleAttribute } from './ruled-abilities.js';
import { STAFF_ROLES } from './staff-roles.js';
import { DAYS, isTimeZone } from './wall-clock.js';

/**
 * Stored rules and reveal policies: data that the console writes. Everything is listed, strict and bounded; nothing in it is a path,
 * a pattern or code.
 */
export const RULES_MAX = 10_000;
export const RULE_DOCUMENT_BYTES = 4 * 1024 * 1024;
const REVEALS_MAX = 1_000;
const REVEALED_FIELDS_MAX = 100;

/** Names of ours: words that stand in answers, and those of reveal policies in audit entries. */
export const ruleId = z
  .string()
  .max(60)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const roles = z.array(z.enum(STAFF_ROLES)).min(1).max(STAFF_ROLES.length);
const clients = z.array(clientName).min(1).max(1_000);
const regions = regionCodes.refine((codes) => codes.length > 0);
const reasons = z.array(reason.shape.code).min(1).max(reason.shape.code.options.length);
const purposes = z.array(z.enum(REVEAL_PURPOSES)).min(1).max(REVEAL_PURPOSES.length);
const ticketPrefix = z.string().regex(/^[A-Z]{1,8}$/);

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
/** A stretch of a day, by the clocks of a place: what ends after midnight is two of them. */
const hours = z
  .strictObject({
    days: z.array(z.enum(DAYS)).min(1).max(DAYS.length),
    from: clock.describe('First minute'),
    to: z.union([clock, z.literal('24:00')]).describe('First minute after it'),
    timeZone: z
      .string()
      .max(64)
      .regex(/^[A-Z][A-Za-z_]*(\/[A-Za-z0-9_+-]+){0,2}$/)
      .refine(isTimeZone)
      .describe('IANA name: `Europe/Berlin`'),
  })
  .refine(({ from, to }) => from < to, { path: ['to'] });
export type Hours = z.output<typeof hours>;

/** All of them must hold. */
const alternative = z
  .strictObject({
    purpose: purposes.optional(),
    category: z
      .array(z.enum([...SENSITIVITIES, ...STREAM_NAMES]))
      .min(1)
      .max(20)
      .optional(),
    region: z
      .union([z.literal('own'), regions])
      .optional()
      .describe('`own`: those of the member of staff'),
    hours: hours.optional(),
    ticket: z.union([z.literal('required'), z.array(ticketPrefix).min(1).max(100)]).optional(),
    reasons: reasons.optional(),
  })
  .refine((conditions) => Object.keys(conditions).length > 0);
export type RuleAlternative = z.output<typeof alternative>;

const who = z
  .strictObject({ roles: roles.optional(), clients: clients.optional() })
  .refine((some) => some.roles !== undefined || some.clients !== undefined);

const rule = z
  .strictObject({
    id: ruleId,
    app: z.enum(RULED_APPS),
    who: who
      .optional()
      .describe('Staff with one of the roles, and these clients; absent: all staff and clients'),
    action: z.string().max(40),
    resource: z.string().max(40),
    only: z.array(alternative).min(1).max(50).describe('One of them must hold'),
  })
  .superRefine((one, issues) => {
    const known = attributesOf(one.app, `${one.action} ${one.resource}`);
    if (!known) {
      issues.addIssue({ code: 'custom', path: ['action'] });
      return;
    }
    for (const [at, conditions] of one.only.entries()) {
      for (const name of misplaced(conditions, known))
        issues.addIssue({ code: 'custom', path: ['only', at, name] });
      // A client has no regions of its own: for it the rule would close what it was hardly meant to.
      if (conditions.region === 'own' && (!one.who?.roles || one.who.clients))
        issues.addIssue({ code: 'custom', path: ['only', at, 'region'] });
    }
  });
export type StoredRule = z.output<typeof rule>;

const revealPolicy = z.strictObject({
  id: ruleId,
  who: z
    .strictObject({
      roles: roles.optional(),
      clients: z
        .union([z.literal('registered'), clients])
        .optional()
        .describe('`registered`: every client'),
    })
    .refine((some) => some.roles !== undefined || some.clients !== undefined),
  purposes,
  fields: z.union([z.literal('all'), z.array(fieldName).min(1).max(REVEALED_FIELDS_MAX)]),
  form: z.enum(REVEAL_FORMS).describe('`plain` allows the masked form, too'),
  perMinute: z.int().min(1).max(100_000).optional().describe('For each caller'),
  hours: z.array(hours).min(1).max(20).optional().describe('One of them must hold'),
  reasons: reasons.optional(),
  ticket: z.array(ticketPrefix).min(1).max(100).optional(),
  regions: z.union([z.literal('own'), regions]).optional(),
});
export type RevealPolicy = z.output<typeof revealPolicy>;

export const ruleDocument = z
  .strictObject({
    format: z.literal(1),
    rules: z.array(rule).max(RULES_MAX).describe('Each narrows; all that concern a request must hold'),
    reveals: z.array(revealPolicy).max(REVEALS_MAX).describe('A reveal needs one of them'),
  })
  .superRefine(({ rules, reveals }, issues) => {
    const seen = new Set<string>();
    for (const [list, ids] of [
      ['rules', rules.map((one) => one.id)],
      ['reveals', reveals.map((one) => one.id)],
    ] as const)
      for (const [at, name] of ids.entries()) {
        if (seen.has(name)) issues.addIssue({ code: 'custom', path: [list, at, 'id'] });
        seen.add(name);
      }
  });
export type RuleDocument = z.output<typeof ruleDocument>;

function misplaced(conditions: RuleAlternative, known: readonly RuleAttribute[]): RuleAttribute[] {
  return RULE_ATTRIBUTES.filter((name) => conditions[name] !== undefined && !known.includes(name));
}
