import { defineAction } from '@integument/audit-log';
import type { by } from '@integument/http';
import { z } from 'zod';

const domain = z.string().regex(/^[a-z]{1,20}$/);
const version = z.int().positive();
const why = z.enum(['age', 'uses', 'asked']);

/** The object is the rotation. By a member of staff, or by the vault itself. */
export const keyRotated = defineAction(
  'keys.rotate',
  z.strictObject({ domain, fromVersion: version, toVersion: version, why }),
);
/** Nothing lies under the versions before any more. */
export const rotationFinished = defineAction('keys.rotated', z.strictObject({ domain, toVersion: version }));
export const keyDestroyed = defineAction('keys.destroyed', z.strictObject({ domain, version }));
export const keysListed = defineAction('keys.list');
export const rotationRead = defineAction('keys.rotation', z.strictObject({ domain }));

/** By whom, where it is somebody. */
export type Asked = { readonly askedBy: string; readonly facts: ReturnType<typeof by> } | null;

/** What the vault does by itself. */
export const VAULT = { outcome: 'done', actor: { kind: 'system', id: 'key-rotation' } } as const;
