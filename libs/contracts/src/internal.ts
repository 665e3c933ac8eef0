import { z } from 'zod';
import { CLIENT_USES } from './client-purposes.js';
import { commitment } from './commitment.js';
import {
  clientId,
  credential,
  erasureId,
  gateId,
  modelKeyId,
  pseudonym,
  sessionPseudonym,
  signInCode,
} from './ids.js';
import { standingOptOut } from './opt-outs.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

/** The vault's internal listener. No reply here holds identity: names, addresses, account or person ids. */

export const PERMIT_STATES = ['opening', 'open', 'frozen', 'declined', 'destroyed'] as const;
export type PermitState = (typeof PERMIT_STATES)[number];

/** Rises with every change of mind; both sides ignore a lower one, so late and repeated messages do no harm. */
const epoch = z.int().min(1).max(2_147_483_647);
const purpose = z.enum(PURPOSE_NAMES);
const keepNo = z.literal(true).optional();
const permit = z.object({
  gate: gateId,
  purpose,
  pseudonym,
  // What the data plane's audit log says in the pseudonym's place; null for permits from before the vault made them.
  subject: commitment.nullable(),
  state: z.enum(['open', 'frozen']),
  epoch,
});
export type PermitView = z.output<typeof permit>;

const audience = ['api-process'] as const;
const ability = { action: 'use', resource: 'Permit' } as const;

export const redeemSignInCode = defineRoute({
  id: 'sign_in.redeem',
  method: 'POST',
  path: '/internal/v1/sign-in-codes/redeem',
  summary: 'Turn a one-time code into what the data plane needs of a sign-in',
  tag: 'Sign-in',
  audience,
  ability: { action: 'redeem', resource: 'SignIn' },
  body: z.strictObject({ code: signInCode }),
  // The API asks for whoever brings it a code, strangers included: each guess of one would stand in a log that only grows.
  unaudited: true,
  reply: z.object({
    session: sessionPseudonym,
    kind: z.enum(['person', 'staff']),
    roles: z.array(z.string()),
    acr: z.string(),
    authenticatedAt: z.iso.datetime(),
    // Null for a person; staff get no code before they have used one.
    factorAt: z.iso.datetime().nullable(),
    expiresAt: z.iso.datetime(),
    permits: z.array(permit),
    // Of a child's session, in which somebody acts who answers for it: these purposes and no others. Null in everybody's own.
    guardian: z.object({ purposes: z.array(purpose) }).nullable(),
    optOuts: z.array(standingOptOut),
  }),
  problems: ['sign_in.code_invalid'],
});

const sessionNames = z.array(sessionPseudonym).max(1_000);

export const pendingSessionEndings = defineRoute({
  id: 'sign_in.session_endings',
  method: 'GET',
  path: '/internal/v1/session-endings',
  summary: 'Sessions that the data plane has to end',
  tag: 'Sessions',
  audience,
  ability: { action: 'carry-out', resource: 'SessionEnding' },
  reply: z.object({ sessions: sessionNames }),
});

export const confirmSessionEndings = defineRoute({
  id: 'sign_in.confirm_session_endings',
  method: 'POST',
  path: '/internal/v1/session-endings/confirm',
  summary: 'These let nobody in any more, at any replica; repeatable',
  tag: 'Sessions',
  audience,
  ability: { action: 'carry-out', resource: 'SessionEnding' },
  body: z.strictObject({ sessions: sessionNames.min(1) }),
  status: 204,
});

export const openPermit = defineRoute({
  id: 'permits.open',
  method: 'POST',
  path: '/internal/v1/permits/open',
  summary: 'Mint pseudonym and key for a gate that is opening; repeatable',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({ session: sessionPseudonym, purpose, gate: gateId, epoch }),
  // The gate in the reply differs from the one asked for when the person already has a permit for the purpose.
  reply: permit,
  problems: [
    'permits.session_unknown',
    'permits.stale_epoch',
    'permits.under_age',
    'permits.not_guarded',
    'people.broken',
  ],
});

export const resumePermit = defineRoute({
  id: 'permits.resume',
  method: 'POST',
  path: '/internal/v1/permits/resume',
  summary: 'Let a frozen key be used again, or go on where it is open: who agrees now is asked each time',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({ session: sessionPseudonym, gate: gateId, epoch }),
  reply: permit,
  problems: [
    'permits.session_unknown',
    'permits.not_found',
    'permits.stale_epoch',
    'permits.under_age',
    'permits.not_guarded',
    'people.broken',
  ],
});

export const freezePermit = defineRoute({
  id: 'permits.freeze',
  method: 'POST',
  path: '/internal/v1/permits/freeze',
  summary: 'Stop handing out a permit’s key; repeatable, also for a gate never opened',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({
    gate: gateId,
    epoch,
    keepNo: keepNo.describe(
      'Nothing came of a yes after a no: what was minted for it goes, and the no stands',
    ),
    withKey: z
      .literal(true)
      .optional()
      .describe('The key for the person’s own rights as well, for the copy of their receipt'),
  }),
  // Without the key where it is not at hand: a freeze waits for no keyring.
  reply: z.object({ gate: gateId, state: z.enum(PERMIT_STATES), epoch, key: z.base64url().optional() }),
});

export const declinePermit = defineRoute({
  id: 'permits.decline',
  method: 'POST',
  path: '/internal/v1/permits/decline',
  summary: 'Remember that somebody said no before anything was minted for them; repeatable',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({ session: sessionPseudonym, purpose, gate: gateId, epoch }),
  // Of another gate where there is a permit already, or a no of before.
  reply: z.object({ gate: gateId, state: z.enum(PERMIT_STATES), epoch }),
  problems: ['permits.session_unknown', 'permits.stale_epoch', 'permits.not_guarded'],
});

export const keepOptOut = defineRoute({
  id: 'permits.keep_opt_out',
  method: 'POST',
  path: '/internal/v1/permits/keep-opt-out',
  summary:
    'Remember that the person behind a session opted out, for what it comes to concern; repeatable, and for a week after the session',
  tag: 'Permits',
  audience,
  ability,
  body: standingOptOut.extend({ session: sessionPseudonym }),
  status: 204,
  problems: ['permits.session_unknown', 'permits.person_erased'],
});

export const toldPermits = defineRoute({
  id: 'permits.told',
  method: 'POST',
  path: '/internal/v1/permits/told',
  summary: 'Of which ends every recipient has heard, and of which some never will',
  tag: 'Permits',
  audience,
  ability,
  // Nothing of anybody comes out but whether a delivery is still under way.
  unaudited: true,
  body: z.strictObject({ gates: z.array(gateId).min(1).max(1_000) }),
  reply: z.object({
    told: z.array(gateId),
    lost: z.array(gateId).describe('Given up for good, or of what is erased: nobody can say any more'),
  }),
});

export const pendingConsentEndings = defineRoute({
  id: 'guardianships.consent_endings',
  method: 'GET',
  path: '/internal/v1/consent-endings',
  summary: 'Open permits of which the guardianship is over: freezing one confirms it',
  tag: 'Guardianships',
  audience,
  ability: { action: 'carry-out', resource: 'ConsentEnding' },
  reply: z.object({
    endings: z.array(
      z.object({ gate: gateId, epoch: epoch.describe('Of what ends: a later one was agreed to since') }),
    ),
  }),
});

export const destroyPermit = defineRoute({
  id: 'permits.destroy',
  method: 'POST',
  path: '/internal/v1/permits/destroy',
  summary: 'Destroy the key of a permit whose time is up; repeatable, also for a gate never opened',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({
    gate: gateId,
    epoch,
    keepNo: keepNo.describe('They objected: the permit is `declined` then, and says only whose no it is'),
  }),
  reply: z.object({ gate: gateId, state: z.enum(PERMIT_STATES), epoch }),
  // Also for a permit that is declined, unless the no is to be kept: it goes with its person.
  problems: ['permits.stale_epoch'],
});

export const permitKeys = defineRoute({
  id: 'permits.keys',
  method: 'POST',
  path: '/internal/v1/permits/keys',
  summary: 'Keys of open permits; of frozen ones only for the person’s own rights or to forget',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({
    gates: z.array(gateId).min(1).max(1_000),
    use: z.enum(['process', 'rights', 'forget']),
  }),
  reply: z.object({ keys: z.array(z.object({ gate: gateId, epoch, key: z.base64url() })) }),
});

export const sessionPermits = defineRoute({
  id: 'permits.of_session',
  method: 'POST',
  path: '/internal/v1/permits/of-session',
  summary:
    'The live permits behind a session of the data plane, what its person said no to, and their opt-outs',
  tag: 'Permits',
  audience,
  ability,
  body: z.strictObject({ session: sessionPseudonym }),
  reply: z.object({
    permits: z.array(permit),
    declined: z.array(z.object({ gate: gateId, purpose, epoch })),
    optOuts: z.array(standingOptOut),
  }),
  problems: ['permits.session_unknown'],
});

export const readClient = defineRoute({
  id: 'registry.read_client',
  method: 'POST',
  path: '/internal/v1/clients/look-up',
  summary: 'Whom a credential lets in just now, what for, and whether with a proof of a key alone',
  tag: 'Registry',
  audience,
  ability: { action: 'look-up', resource: 'Client' },
  body: z.strictObject({ credential }),
  // Null is no refusal: the API asks for whoever brings it a token, and writes down whom it refuses.
  reply: z.object({
    client: z
      .object({
        client: clientId,
        use: z.enum(CLIENT_USES),
        // None of an identity client, which the data plane refuses by name.
        purposes: z.array(purpose),
        dpop: z.boolean(),
        // In how many milliseconds the credential ends; null while nobody has said so.
        endsInMs: z.int().nullable(),
      })
      .nullable(),
  }),
});

export const pendingErasures = defineRoute({
  id: 'erasure.pending',
  method: 'GET',
  path: '/internal/v1/erasures',
  summary: 'Erasures that wait for the data plane',
  tag: 'Erasure',
  audience,
  ability: { action: 'carry-out', resource: 'Erasure' },
  reply: z.object({
    erasures: z.array(
      z.object({
        erasure: erasureId,
        state: z.enum(['requested', 'keys-destroyed']),
        gates: z.array(gateId),
        sessions: z.array(sessionPseudonym),
      }),
    ),
  }),
});

const erasureParams = z.strictObject({ erasure: erasureId });

export const erasureGatesClosed = defineRoute({
  id: 'erasure.gates_closed',
  method: 'POST',
  path: '/internal/v1/erasures/:erasure/gates-closed',
  summary: 'All gates are closed and the model has forgotten: destroy the keys',
  tag: 'Erasure',
  audience,
  ability: { action: 'carry-out', resource: 'Erasure' },
  params: erasureParams,
  reply: z.object({ erasure: erasureId, keysDestroyed: z.int() }),
  problems: ['erasure.not_found'],
});

export const erasureCompleted = defineRoute({
  id: 'erasure.completed',
  method: 'POST',
  path: '/internal/v1/erasures/:erasure/completed',
  summary: 'Rows, caches and queues of the data plane are clean',
  tag: 'Erasure',
  audience,
  ability: { action: 'carry-out', resource: 'Erasure' },
  params: erasureParams,
  status: 204,
  problems: ['erasure.not_found', 'erasure.out_of_order'],
});

const modelKeyParams = z.strictObject({ modelKey: modelKeyId });
const modelKeyAbility = { action: 'use', resource: 'ModelKey' } as const;

export const createModelKey = defineRoute({
  id: 'model_keys.create',
  method: 'POST',
  path: '/internal/v1/model-keys',
  summary: 'A fresh key for one model',
  tag: 'Model keys',
  audience,
  ability: modelKeyAbility,
  status: 201,
  reply: z.object({ modelKey: modelKeyId, key: z.base64url() }),
});

export const readModelKey = defineRoute({
  id: 'model_keys.read',
  method: 'GET',
  path: '/internal/v1/model-keys/:modelKey',
  summary: 'The key of the live model',
  tag: 'Model keys',
  audience,
  ability: modelKeyAbility,
  params: modelKeyParams,
  reply: z.object({ modelKey: modelKeyId, key: z.base64url() }),
  problems: ['model_keys.not_found'],
});

export const destroyModelKey = defineRoute({
  id: 'model_keys.destroy',
  method: 'DELETE',
  path: '/internal/v1/model-keys/:modelKey',
  summary: 'Destroy the key of a model that another one replaced; repeatable',
  tag: 'Model keys',
  audience,
  ability: modelKeyAbility,
  params: modelKeyParams,
  status: 204,
});
