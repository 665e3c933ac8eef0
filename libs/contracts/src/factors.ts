import { z } from 'zod';
import { USE_PROBLEMS } from './approvals.js';
import { approvalId, factorId, staffId } from './ids.js';
import { defineRoute, type RouteContract } from './route.js';
import { sessionsEnded } from './sessions.js';

/** Second factors of staff, each member's own. All but the last two are what a session without one can reach. */

export const FACTOR_KINDS = ['totp', 'passkey'] as const;
export type FactorKind = (typeof FACTOR_KINDS)[number];

/** Exactly six ASCII digits: no blanks to trim, no other script's digits to fold (CVE-2025-6014). */
const totpCode = z
  .string()
  .regex(/^[0-9]{6}$/)
  .describe('Six digits of an authenticator app');
/** 24 of 32 characters: 120 bits. Those that were made with 20 are good until others are. */
export const RECOVERY_CODE = /^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){4,5}$/;
const recoveryCode = z.string().regex(RECOVERY_CODE).describe('One of ten, good once');

const base64url = (max: number) => z.base64url().min(1).max(max);
/** What a browser's `navigator.credentials` gives, as `toJSON()` writes it (WebAuthn Level 3, section 5.1). */
const credential = {
  id: base64url(1_400),
  rawId: base64url(1_400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).optional(),
  clientExtensionResults: z.record(z.string().max(64), z.unknown()),
};
export const newPasskey = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: base64url(4_096),
    attestationObject: base64url(16_384),
    authenticatorData: base64url(4_096).optional(),
    publicKey: base64url(4_096).optional(),
    publicKeyAlgorithm: z.int().optional(),
    transports: z.array(z.string().max(32)).max(8).optional(),
  }),
});
export const passkeyAssertion = z.strictObject({
  ...credential,
  response: z.strictObject({
    clientDataJSON: base64url(4_096),
    authenticatorData: base64url(4_096),
    signature: base64url(4_096),
    userHandle: base64url(128).optional(),
  }),
});
export type NewPasskey = z.output<typeof newPasskey>;
export type PasskeyAssertion = z.output<typeof passkeyAssertion>;

const knownCredentials = z.array(z.object({ id: z.string(), type: z.literal('public-key') }));
const userVerification = z.literal('required');

/** Each way to a second factor is part of a sign-in, and is guessed at like one. */
const common = {
  tag: 'Second factors',
  audience: ['staff'],
  routeClass: 'sign-in',
} as const satisfies Partial<RouteContract>;
const enrolling = {
  ...common,
  ability: { action: 'enrol', resource: 'Factor' },
  factor: 'optional',
} as const satisfies Partial<RouteContract>;
const using = {
  ...common,
  ability: { action: 'use', resource: 'Factor' },
  factor: 'optional',
} as const satisfies Partial<RouteContract>;

const MAY_NOT_ENROL = ['factors.sign_in_not_fresh', 'auth.step_up_required', 'factors.too_many'];
const enrolled = z.object({ factor: factorId, factorAt: z.iso.datetime() });
const used = z.object({ factorAt: z.iso.datetime() });

export const listFactors = defineRoute({
  ...using,
  id: 'factors.list',
  method: 'GET',
  path: '/v1/factors',
  routeClass: 'read',
  summary: 'One’s own second factors, and how many recovery codes are left',
  reply: z.object({
    factors: z.array(
      z.object({
        factor: factorId,
        kind: z.enum(FACTOR_KINDS),
        enrolledOn: z.iso.date(),
        usedAt: z.iso.datetime(),
      }),
    ),
    recoveryCodes: z.int(),
  }),
});

export const beginTotp = defineRoute({
  ...enrolling,
  id: 'factors.begin_totp',
  method: 'POST',
  path: '/v1/factors/totp',
  summary: 'A secret for an authenticator app, shown this once; it counts when its first code comes back',
  status: 201,
  reply: z.object({
    uri: z.string().describe('otpauth URI, to show as a QR code'),
    secret: z.string().describe('The same in base 32, to type'),
    expiresIn: z.int().describe('seconds'),
  }),
  problems: MAY_NOT_ENROL,
});

export const enrolTotp = defineRoute({
  ...enrolling,
  id: 'factors.enrol_totp',
  method: 'POST',
  path: '/v1/factors/totp/finish',
  summary: 'Enrol the authenticator app by its first code, which is used with it; sets a new session cookie',
  body: z.strictObject({ code: totpCode }),
  status: 201,
  reply: enrolled,
  problems: [...MAY_NOT_ENROL, 'factors.not_begun', 'factors.refused', 'factors.wait'],
});

export const beginPasskey = defineRoute({
  ...enrolling,
  id: 'factors.begin_passkey',
  method: 'POST',
  path: '/v1/factors/passkeys',
  summary: 'Options for `navigator.credentials.create`, with a challenge that is good once',
  status: 201,
  reply: z.object({
    challenge: z.string(),
    rp: z.object({ id: z.string(), name: z.string() }),
    user: z.object({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.object({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int().describe('milliseconds'),
    attestation: z.literal('none'),
    excludeCredentials: knownCredentials,
    authenticatorSelection: z.object({ residentKey: z.string(), userVerification }),
  }),
  problems: MAY_NOT_ENROL,
});

export const enrolPasskey = defineRoute({
  ...enrolling,
  id: 'factors.enrol_passkey',
  method: 'POST',
  path: '/v1/factors/passkeys/finish',
  summary: 'Enrol the passkey that was made, which is used with it; sets a new session cookie',
  body: z.strictObject({ credential: newPasskey }),
  status: 201,
  reply: enrolled,
  problems: [...MAY_NOT_ENROL, 'factors.not_begun', 'factors.refused', 'factors.known_passkey'],
});

export const useTotp = defineRoute({
  ...using,
  id: 'factors.use_totp',
  method: 'POST',
  path: '/v1/factors/use/totp',
  summary: 'Use a code of an authenticator app; sets a new session cookie, and the old one is dead',
  body: z.strictObject({ code: totpCode }),
  reply: used,
  problems: ['factors.refused', 'factors.wait'],
});

export const beginUse = defineRoute({
  ...using,
  id: 'factors.begin_use',
  method: 'POST',
  path: '/v1/factors/use/passkey/begin',
  summary: 'Options for `navigator.credentials.get`, with a challenge that is good once',
  status: 201,
  reply: z.object({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.int().describe('milliseconds'),
    allowCredentials: knownCredentials,
    userVerification,
  }),
});

export const usePasskey = defineRoute({
  ...using,
  id: 'factors.use_passkey',
  method: 'POST',
  path: '/v1/factors/use/passkey',
  summary: 'Use a passkey; sets a new session cookie, and the old one is dead',
  body: z.strictObject({ credential: passkeyAssertion }),
  reply: used,
  problems: ['factors.not_begun', 'factors.refused'],
});

export const useRecoveryCode = defineRoute({
  ...using,
  id: 'factors.use_recovery_code',
  method: 'POST',
  path: '/v1/factors/use/recovery-code',
  summary:
    'Use a recovery code in place of a factor, this once; sets a new session cookie, and the old one is dead',
  body: z.strictObject({ code: recoveryCode }),
  reply: used,
  problems: ['factors.refused'],
});

export const makeRecoveryCodes = defineRoute({
  ...common,
  id: 'factors.make_recovery_codes',
  method: 'POST',
  path: '/v1/factors/recovery-codes',
  summary: 'Ten recovery codes, shown this once; those before them are void',
  ability: { action: 'enrol', resource: 'Factor' },
  stepUp: true,
  status: 201,
  reply: z.object({ codes: z.array(recoveryCode) }),
});

export const removeFactor = defineRoute({
  ...common,
  id: 'factors.remove',
  method: 'DELETE',
  path: '/v1/factors/:factor',
  summary: 'Remove a second factor, but not the last; other sessions of the same account end',
  ability: { action: 'remove', resource: 'Factor' },
  stepUp: true,
  params: z.strictObject({ factor: factorId }),
  reply: sessionsEnded,
  problems: ['factors.not_found', 'factors.last_factor'],
});

export const removeLastFactors = defineRoute({
  id: 'factors.remove_last',
  method: 'POST',
  path: '/v1/factors/remove-last',
  tag: 'Second factors',
  audience: ['staff'],
  ability: { action: 'remove', resource: 'Factor' },
  stepUp: true,
  summary:
    'Remove every second factor and recovery code of an account, one’s own or for an admin another’s, with an approval for it; ends its sessions',
  body: z.strictObject({ account: staffId, approval: approvalId }),
  reply: sessionsEnded,
  problems: [...USE_PROBLEMS, 'factors.none'],
});
