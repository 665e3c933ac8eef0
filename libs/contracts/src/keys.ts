import { z } from 'zod';
import { rotationId } from './ids.js';
import { defineRoute, type RouteContract } from './route.js';

/** The lives of keys: which versions there are, and what a rotation waits for. No key ever leaves the vault by any of these. */

/** What can be rotated: the keys of the domains, and the keyring's own. */
export const KEY_DOMAINS = [
  'person',
  'permit',
  'session',
  'model',
  'evidence',
  'factor',
  'token',
  'webhook',
  'index',
  'root',
] as const;
const keyDomain = z.enum(KEY_DOMAINS);

export const ROTATION_STATES = ['arriving', 'handing-over', 'moving', 'waiting', 'done'] as const;
export const ROTATION_WAITS = ['processes', 'rows', 'sign-ins', 'time', 'operator'] as const;

const when = z.iso.datetime().nullable();
const rotation = z.object({
  rotation: rotationId,
  domain: keyDomain,
  fromVersion: z.int(),
  toVersion: z.int(),
  why: z.enum(['age', 'uses', 'asked']),
  state: z.enum(ROTATION_STATES),
  waitsFor: z
    .enum(ROTATION_WAITS)
    .nullable()
    .describe(
      '`processes` to have read the new version, `rows` to be moved, or that don’t open, `sign-ins` of accounts that only their owners can move (and tokens of fields that have left the catalogue), `time` for what is short-lived, and before what seems empty is counted once more, `operator` of the keyring, who alone makes the next version of the root key',
    ),
  done: z.int(),
  total: z.int(),
  waiting: z
    .int()
    .describe('Rows that stay under the version before until somebody signs in, or looks into why'),
  startedAt: z.iso.datetime(),
  finishedAt: when,
});

const version = z.object({
  version: z.int(),
  state: z.enum(['arriving', 'current', 'retiring', 'destroyed']),
  uses: z.int().nullable().describe('Sealings reserved under it; null where it seals nothing'),
  currentAt: when,
  retiredAt: when,
  emptiedAt: when.describe('Since when nothing lies under it'),
  destroyAfter: when.describe('When it is destroyed, if nothing turns up under it until then'),
  destroyedAt: when,
});

const common = { tag: 'Keys', audience: ['staff'] } as const satisfies Partial<RouteContract>;

export const listKeys = defineRoute({
  ...common,
  id: 'keys.list',
  method: 'GET',
  path: '/v1/keys',
  summary: 'Versions of all keys, their uses and ages, and how far rotations are',
  ability: { action: 'read', resource: 'Key' },
  reply: z.object({
    rotationDays: z.int(),
    destroyAfterDays: z.int(),
    mostUses: z.int().describe('Uses at which a new version is made'),
    keyring: z.enum(['embedded', 'hashicorp']),
    operator: z
      .array(z.string())
      .describe(
        'Commands that whoever runs the keyring has to give now, since the vault must not be able to',
      ),
    domains: z.array(
      z.object({ domain: keyDomain, versions: z.array(version), rotation: rotation.nullable() }),
    ),
  }),
});

export const rotateKey = defineRoute({
  ...common,
  id: 'keys.rotate',
  method: 'POST',
  path: '/v1/keys/:domain/rotations',
  stepUp: true,
  summary:
    'Begin a new version of a key; all that lies under the one before is moved, and it is destroyed in its time',
  ability: { action: 'rotate', resource: 'Key' },
  params: z.strictObject({ domain: keyDomain }),
  status: 202,
  reply: rotation,
  problems: ['keys.rotating'],
});

export const readRotation = defineRoute({
  ...common,
  id: 'keys.rotation',
  method: 'GET',
  path: '/v1/keys/rotations/:rotation',
  summary: 'How far a rotation is, and what it waits for',
  ability: { action: 'read', resource: 'Key' },
  params: z.strictObject({ rotation: rotationId }),
  reply: rotation,
  problems: ['keys.rotation_not_found'],
});
