import type { RouteContract } from '@integument/contracts';
import { z } from 'zod';

const known = new WeakMap<RouteContract, ReadonlySet<string>>();

/**
 * All field names that a contract declares. Only these may be written into a problem: another name on the path of a wrong
 * place (a key of a record, an unknown field) came from the caller and may hold a value.
 */
export function declaredNames(contract: RouteContract): ReadonlySet<string> {
  const cached = known.get(contract);
  if (cached) return cached;
  const names = new Set<string>();
  for (const schema of [contract.params, contract.query, contract.body]) {
    if (schema) collect(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }), names);
  }
  known.set(contract, names);
  return names;
}

function collect(schema: unknown, names: Set<string>): void {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [key, value] of Object.entries(schema as Record<string, unknown>)) {
    if (key === 'properties' && typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) names.add(name);
    }
    collect(value, names);
  }
}
