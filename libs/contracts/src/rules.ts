import { z } from 'zod';
import { USE_PROBLEMS } from './approvals.js';
import { approvalId, clientName, staffId } from './ids.js';
import { IDENTITY_FIELDS, REVEAL_FORMS, REVEAL_PURPOSES, reason, SENSITIVITIES } from './people.js';
import { STREAM_NAMES } from './readings.js';
import { regionCode, regionCodes } from './regions.js';
import { defineRoute, type RouteContract } from './route.js';
import { RULE_DOCUMENT_BYTES, ruleDocument } from './rule-document.js';
import { RULED_APPS } from './ruled-abilities.js';
import { STAFF_ROLES } from './staff-roles.js';

/** Stored rules and reveal policies: drafted by one admin, tried, agreed to by another, in force at both apps with the answer. */

const VERSIONS_MAX = 1_000_000;
export const ruleVersionNumber = z.coerce.number().int().min(1).max(VERSIONS_MAX);
/** Of the document's text in the form of RFC 8785. */
export const ruleDigest = z.string().regex(/^[0-9a-f]{64}$/);

export const RULE_STATES = ['draft', 'in-force', 'past'] as const;
const version = z.object({
  version: z.int(),
  digest: ruleDigest.describe('SHA-256; its first twelve digits end the `policy` of audit entries'),
  state: z.enum(RULE_STATES),
  author: staffId.nullable().describe('null: the platform itself, which begins with version 1'),
  createdAt: z.iso.datetime(),
  enactedAt: z.iso.datetime().nullable().describe('When it came into force for the first time'),
  rules: z.int(),
  reveals: z.int(),
});

const common = { tag: 'Rules', audience: ['staff'] } as const satisfies Partial<RouteContract>;
const params = z.strictObject({ version: ruleVersionNumber });
/** Strings and quotes of a document, escaped once more, and questions beside it. */
const BODY_BYTES = RULE_DOCUMENT_BYTES + 262_144;

export const listRuleVersions = defineRoute({
  ...common,
  id: 'rules.list',
  method: 'GET',
  path: '/v1/rules/versions',
  summary: 'Versions of the stored rules, the newest first, and which is in force',
  ability: { action: 'read', resource: 'Rule' },
  query: z.strictObject({
    before: ruleVersionNumber.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  reply: z.object({ inForce: z.int(), versions: z.array(version) }),
});

export const readRuleVersion = defineRoute({
  ...common,
  id: 'rules.read',
  method: 'GET',
  path: '/v1/rules/versions/:version',
  routeClass: 'bulk',
  summary: 'One version, with its rules and reveal policies',
  ability: { action: 'read', resource: 'Rule' },
  params,
  reply: version.extend({
    text: z.string().describe('As it is stored: the bytes that the digest is of'),
    document: ruleDocument
      .nullable()
      .describe('The same, parsed; null where this release does not know all that it says'),
  }),
  problems: ['rules.not_found'],
});

export const draftRules = defineRoute({
  ...common,
  id: 'rules.draft',
  method: 'POST',
  path: '/v1/rules/versions',
  routeClass: 'bulk',
  stepUp: true,
  summary:
    'Store a version that is not in force; the same rules again are the same version. Of drafts the newest hundred are kept',
  ability: { action: 'draft', resource: 'Rule' },
  body: ruleDocument,
  bodyLimit: BODY_BYTES,
  status: 201,
  reply: version,
});

const sampleCaller = z.union([
  z.strictObject({
    roles: z.array(z.enum(STAFF_ROLES)).min(1).max(STAFF_ROLES.length),
    regions: regionCodes.optional(),
  }),
  z.strictObject({ client: clientName }),
]);
const facts = z.strictObject({
  app: z.enum(RULED_APPS),
  caller: sampleCaller,
  action: z.string().max(40),
  resource: z.string().max(40),
  region: regionCode.optional().describe('Of the person; absent: not known'),
  purpose: z.enum(REVEAL_PURPOSES).optional(),
  category: z
    .array(z.enum([...SENSITIVITIES, ...STREAM_NAMES]))
    .max(20)
    .optional()
    .describe('Not of a reveal, whose fields say it'),
  fields: z.array(z.enum(IDENTITY_FIELDS)).min(1).max(IDENTITY_FIELDS.length).optional(),
  form: z.enum(REVEAL_FORMS).optional().describe('`plain` when absent'),
  reason: reason.optional(),
  at: z.iso.datetime({ offset: true }).optional().describe('Now when absent'),
});
export type RuleQuestion = z.output<typeof facts>;
/** As a reveal is decided: were another category asked about than that of the fields, the answer would be none. */
const question = facts.refine((asked) => !isRevealQuestion(asked) || asked.category === undefined, {
  path: ['category'],
});

export function isRevealQuestion({ app, action, resource }: RuleQuestion): boolean {
  return app === 'vault' && action === 'reveal' && resource === 'Person';
}

const answer = z.object({
  allowed: z.boolean().describe('By the rules alone: what no policy in code grants stays denied'),
  refusedBy: z.array(z.string()).describe('Rules that say no'),
  reveals: z
    .array(z.string())
    .nullable()
    .describe('Reveal policies that allow it; null where it is no reveal'),
});
export type RuleAnswer = z.input<typeof answer>;

export const tryRules = defineRoute({
  ...common,
  id: 'rules.try',
  method: 'POST',
  path: '/v1/rules/try',
  routeClass: 'bulk',
  summary: 'Ask sample questions of the version in force and of another, stored or not; nothing changes',
  ability: { action: 'try', resource: 'Rule' },
  body: z
    .strictObject({
      version: z.int().min(1).max(VERSIONS_MAX).optional(),
      document: ruleDocument.optional(),
      questions: z.array(question).min(1).max(100),
    })
    .refine((body) => (body.version === undefined) !== (body.document === undefined)),
  bodyLimit: BODY_BYTES,
  reply: z.object({
    inForce: z.int(),
    answers: z.array(
      z.object({
        now: answer.nullable().describe('null where this release does not know all that is in force'),
        tried: answer,
      }),
    ),
  }),
  problems: ['rules.not_found', 'rules.outdated'],
});

export const enactRules = defineRoute({
  ...common,
  id: 'rules.enact',
  method: 'POST',
  path: '/v1/rules/versions/:version/enact',
  stepUp: true,
  summary: 'Put a version in force, an earlier one too; with the answer no app decides by another any more',
  ability: { action: 'enact', resource: 'Rule' },
  params,
  body: z.strictObject({ digest: ruleDigest, approval: approvalId }),
  reply: version,
  problems: [...USE_PROBLEMS, 'rules.not_found', 'rules.in_force', 'rules.outdated'],
});

const internal = {
  tag: 'Rules',
  audience: ['api-process'],
  ability: { action: 'follow', resource: 'Rule' },
} as const satisfies Partial<RouteContract>;

export const readRulesInForce = defineRoute({
  ...internal,
  id: 'rules.in_force',
  method: 'GET',
  path: '/internal/v1/rules/in-force',
  summary: 'Which version of the stored rules is in force, this very moment',
  reply: z.object({ version: z.int(), digest: ruleDigest }),
});

export const readRuleText = defineRoute({
  ...internal,
  id: 'rules.text',
  method: 'GET',
  path: '/internal/v1/rules/versions/:version',
  summary: 'The text of a version, to be checked by its digest',
  params,
  reply: z.object({ text: z.string() }),
  problems: ['rules.not_found'],
});
