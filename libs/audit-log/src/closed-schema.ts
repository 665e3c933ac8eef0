import type { z } from 'zod';

/**
 * Refuses, when an action is declared, a schema that would let values in which nobody declared: a record, `any`, an
 * object that keeps unknown keys, and text without a pattern. A free text is where a name or an address slips into a
 * log that can't forget.
 * @throws {TypeError} naming the place
 */
export function assertClosed(schema: z.core.$ZodType, place: string): void {
  const { def } = (schema as Inspected)._zod;
  switch (def.type) {
    case 'object':
      if (def.catchall && def.catchall._zod.def.type !== 'never') throw open(place, 'it keeps unknown keys');
      for (const [key, child] of Object.entries(def.shape ?? {})) assertClosed(child, `${place}.${key}`);
      return;
    case 'array':
      assertClosed(def.element as z.core.$ZodType, `${place}[]`);
      return;
    case 'optional':
    case 'nullable':
    case 'readonly':
      assertClosed(def.innerType as z.core.$ZodType, place);
      return;
    case 'union':
      for (const option of def.options ?? []) assertClosed(option, place);
      return;
    case 'string':
      if (!hasPattern(def)) throw open(place, 'it is text without a pattern');
      return;
    case 'enum':
    case 'literal':
    case 'boolean':
    case 'number':
    case 'null':
      return;
    default:
      throw open(place, `it is of the type ${def.type}`);
  }
}

// An address or a URL has a format, too, but it is a value: only what can't name anybody.
const SAFE_FORMATS = new Set(['date', 'datetime', 'time', 'duration', 'uuid', 'regex']);

function hasPattern({ format, checks = [] }: Definition): boolean {
  return [format, ...checks.map(({ _zod }) => _zod.def.format)].some((one) => one && SAFE_FORMATS.has(one));
}

/** The parts of zod's own description of a schema that are looked at here. */
interface Definition {
  readonly type: string;
  readonly format?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly format?: string } } }[];
  readonly shape?: Record<string, z.core.$ZodType>;
  readonly catchall?: Inspected;
  readonly element?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
}

interface Inspected {
  readonly _zod: { readonly def: Definition };
}

function open(place: string, why: string): TypeError {
  return new TypeError(`${place} can't be part of an audit entry: ${why}`);
}
