import { z } from 'zod';

/** One kind of job, declared once and checked by whoever enqueues it and again by whoever works it. */
export interface JobDefinition<Payload extends object = object> {
  /** `feature.verb`: also the name of its queue, so that each kind has its own workers and dead letters */
  readonly name: string;
  readonly schema: z.ZodType<Payload>;
  /** how often it is tried before it counts as a dead letter */
  readonly attempts: number;
  /** pause before the second try in ms, doubled before each further one, and spread by up to half */
  readonly backoffMs: number;
}

export interface JobSettings {
  readonly attempts?: number;
  readonly backoffMs?: number;
}

const NAME = /^[a-z]+(?:[-.][a-z]+)*$/;
/** As `ids.ts` of libs/contracts writes public ids: prefix, then 160 bits of Crockford's base 32. */
const PUBLIC_ID = /^\^[a-z]{3}_\[[^\]]+\]\{32\}\$$/;

/**
 * Declares a kind of job.
 *
 * A payload lies in plain in the queue's storage, its backups and whatever watches them, and outlives the erasure of
 * the person it is about. So it may hold random ids only (public ids, UUIDs), fixed words of an enumeration, and lists
 * of these: the rest is looked up by the worker, under the gate of the permit. A schema that could let anything
 * else through is refused when the module loads.
 *
 * @throws TypeError for such a schema, or a name that isn't `feature.verb`
 */
export function defineJob<const Shape extends z.ZodRawShape>(
  name: string,
  shape: Shape,
  settings: JobSettings = {},
): JobDefinition<z.output<z.ZodObject<Shape, z.core.$strict>>> {
  if (!NAME.test(name)) throw new TypeError(`job name ${name} is not of the form feature.verb`);
  const schema = z.strictObject(shape);
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  for (const [field, described] of Object.entries(properties)) {
    if (!holdsIdsOnly(described)) throw new TypeError(`${name}: ${field} may hold more than random ids`);
  }
  return { name, schema, attempts: settings.attempts ?? 8, backoffMs: settings.backoffMs ?? 1_000 };
}

function holdsIdsOnly(described: z.core.JSONSchema.JSONSchema | boolean): boolean {
  if (typeof described === 'boolean') return false;
  if (described.enum !== undefined || described.const !== undefined) return true;
  if (described.type === 'array') return isSchema(described.items) && holdsIdsOnly(described.items);
  if (described.type !== 'string') return false;
  return described.format === 'uuid' || PUBLIC_ID.test(described.pattern ?? '');
}

function isSchema(items: unknown): items is z.core.JSONSchema.JSONSchema {
  return typeof items === 'object' && items !== null && !Array.isArray(items);
}
