import { z } from 'zod';
import { commitment } from './commitment.js';
import { clientId, clientPseudonym, consentImportId, gateId, guardianshipId, pseudonym } from './ids.js';
import { reason } from './people.js';
import { PURPOSE_NAMES } from './purposes.js';
import { noticeHash } from './register.js';
import { defineRoute } from './route.js';

/** Consents that were given elsewhere before, with what proves them. */

export const IMPORT_MAX = 1_000;
/** Of the evidence of one consent, as JSON in UTF-8. */
const EVIDENCE_MAX_BYTES = 4_096;

const purpose = z.enum(PURPOSE_NAMES);
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const evidence = z
  .union([z.string().min(1), z.record(z.string().min(1), scalar)])
  // As it is kept.
  .transform((evidence) => JSON.stringify(evidence))
  .refine((text) => text.length * 3 <= EVIDENCE_MAX_BYTES || bytesOf(text) <= EVIDENCE_MAX_BYTES)
  .describe('What proves it: text, or names and values such as form, version, wording, address');

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

export const importedConsent = z.strictObject({
  person: clientPseudonym,
  purpose,
  notice: noticeHash.describe(
    'Of what the person agreed to: a notice of the register, of today or of before',
  ),
  givenOn: z.iso.date(),
  evidence,
});

/** Why a consent isn't taken. */
const REFUSALS = [
  'request.invalid',
  'people.not_found',
  'people.broken',
  'consent_imports.not_on_consent',
  'consent_imports.too_old',
  'consent_imports.in_the_future',
  'consent_imports.repeated',
  'consent_imports.under_age',
] as const;
export type ImportRefusal = (typeof REFUSALS)[number];
/** Why one that was taken gives no leave after all. What the person has decided here is told of this way alone, with an entry about them. */
export const LATE_REFUSALS = [
  'people.broken',
  'consent_imports.notice_unknown',
  'consent_imports.decided_here',
  'consent_imports.under_age',
] as const;
export type LateRefusal = (typeof LATE_REFUSALS)[number];

const result = z.union([
  z.object({ accepted: z.literal(true) }),
  z.object({
    code: z.enum(REFUSALS),
    fields: z.array(z.string()).optional().describe('Names of what is wrong, never what was sent'),
  }),
]);
export type ImportResult = z.input<typeof result>;

const common = { tag: 'Consent', audience: ['identity-client'] } as const;

export const importConsents = defineRoute({
  ...common,
  id: 'consent_imports.take',
  method: 'POST',
  path: '/v1/consent-imports',
  routeClass: 'bulk',
  summary:
    'Bring up to 1,000 consents that were given elsewhere before; each is answered for itself, and opens its permit soon after',
  ability: { action: 'make', resource: 'ConsentImport' },
  body: z.strictObject({
    // Entries are checked one by one, so that a wrong one does not fail its neighbours.
    consents: z
      .array(z.unknown())
      .min(1)
      .max(IMPORT_MAX)
      .describe('Each: person, purpose, notice, givenOn, evidence'),
  }),
  status: 202,
  bodyLimit: 8 * 1024 * 1024,
  reply: z.object({
    import: consentImportId,
    accepted: z.int(),
    refused: z.int(),
    results: z.array(result).describe('In the order of the consents'),
  }),
});

export const readConsentImport = defineRoute({
  ...common,
  id: 'consent_imports.read',
  method: 'GET',
  path: '/v1/consent-imports/:import',
  summary: 'How far an import is, and which of its consents were refused after they had been taken',
  ability: { action: 'read', resource: 'ConsentImport' },
  params: z.strictObject({ import: consentImportId }),
  reply: z.object({
    import: consentImportId,
    receivedOn: z.iso.date(),
    pending: z.int(),
    done: z.int().describe('Of people who are there still'),
    refusals: z
      .array(z.object({ at: z.int().describe('Place in the request, from 0'), code: z.enum(LATE_REFUSALS) }))
      .max(IMPORT_MAX),
  }),
  problems: ['consent_imports.not_found'],
});

export const readConsentEvidence = defineRoute({
  tag: 'Consent',
  audience: ['staff'],
  id: 'consent_imports.read_evidence',
  method: 'POST',
  path: '/v1/people/:person/consent-evidence',
  routeClass: 'reveal',
  stepUp: true,
  summary:
    'What proves consents of a person that were given elsewhere before, and who answers for a child, for a reason',
  ability: { action: 'read', resource: 'ConsentEvidence' },
  params: z.strictObject({ person: clientPseudonym }),
  body: z.strictObject({
    purpose,
    reason,
    client: clientId.optional().describe('Whose name for the person it is; that of the console when absent'),
  }),
  reply: z.object({
    consents: z.array(
      z.object({
        notice: noticeHash,
        givenOn: z.iso.date(),
        receivedOn: z.iso.date(),
        client: z.string().describe('Who brought it'),
        // As it was let in, whatever the limits of today.
        evidence: z.union([z.string(), z.record(z.string(), scalar)]),
      }),
    ),
    guardianships: z
      .array(
        z.object({
          guardianship: guardianshipId,
          purposes: z.array(purpose),
          madeOn: z.iso.date(),
          endsOn: z.iso.date(),
          state: z.enum(['active', 'ended']),
          client: z.string().describe('Who recorded it'),
          evidence: z.string().describe('What was shown, and to whom'),
        }),
      )
      .describe('Where the person is a child, and somebody answers or has answered for it in this purpose'),
  }),
  problems: ['people.not_found', 'people.broken'],
});

/** The vault's internal listener: nothing in these is anybody's identity. */

const epoch = z.int().min(1).max(2_147_483_647);
const internal = {
  tag: 'Consent',
  audience: ['api-process'],
  method: 'POST',
  ability: { action: 'carry-out', resource: 'ConsentImport' },
} as const;

const imported = z.object({ gate: gateId, notice: noticeHash, givenOn: z.iso.date() });
export type PendingImport = z.output<typeof imported>;

export const pendingConsentImports = defineRoute({
  ...internal,
  id: 'consent_imports.pending',
  path: '/internal/v1/consent-imports/pending',
  summary:
    'Imported consents that wait for the data plane: of one purpose, in the random order of their names',
  body: z.strictObject({
    purpose: purpose.optional().describe('Any when absent'),
    after: gateId.optional().describe('The last one of the page before'),
  }),
  reply: z.object({ purpose: purpose.nullable(), imports: z.array(imported) }),
});

export const mintImportedPermits = defineRoute({
  ...internal,
  id: 'consent_imports.mint',
  path: '/internal/v1/consent-imports/mint',
  summary: 'Mint pseudonyms and keys for gates that are opening by an import; repeatable',
  body: z.strictObject({
    purpose,
    gates: z
      .array(z.strictObject({ gate: gateId, epoch }))
      .min(1)
      .max(IMPORT_MAX),
  }),
  reply: z.object({
    minted: z.array(z.object({ gate: gateId, pseudonym, subject: commitment, epoch })),
    // What is in neither list waits for another round.
    spent: z
      .array(gateId)
      .describe('Gates that nothing can come of: their imports are refused, gone or renamed'),
  }),
});

export const settleConsentImports = defineRoute({
  ...internal,
  id: 'consent_imports.settle',
  path: '/internal/v1/consent-imports/settle',
  summary: 'The gates of these are open, or never will be; repeatable',
  body: z.strictObject({
    purpose,
    done: z.array(gateId).max(IMPORT_MAX),
    refused: z.array(z.strictObject({ gate: gateId, code: z.enum(LATE_REFUSALS) })).max(IMPORT_MAX),
  }),
  status: 204,
});
