import { createMongoAbility, type MongoAbility, type RawRuleOf, subject } from '@casl/ability';
import { type Caller } from './caller.js';

export type Ability = MongoAbility;
export { subject };

/** Compared with the fields of an object: `{ owner: caller.id }`, or with CASL's operators `{ purpose: { $in: [...] } }`. */
export type Conditions = Readonly<Record<string, unknown>>;

/** Grants one action. Without conditions: on every object of that resource. */
export type Grant = (action: string, resource: string, conditions?: Conditions) => void;

/**
 * What a feature lets a caller do. Contributed by each feature, read together as the rules of the app. There is only
 * granting: what nobody granted is denied, and no rule can be undone by another's order.
 */
export type Policy = (can: Grant, caller: Caller) => void;

// CASL's own wildcards. A policy that wrote them by accident would open everything.
const WILDCARDS = new Set(['manage', 'all', '*']);
const POISON = new Set(['__proto__', 'constructor', 'prototype']);
// No policy nests so far; what does is stored by somebody who means harm, or goes round in a circle.
const DEEPEST = 16;
// Compared as a whole, not walked into.
const OPAQUE = [Date, RegExp];

/** A policy granted something that no policy may. Fails the request or the start, never opens. */
export class UnsafeGrant extends Error {
  override readonly name = 'UnsafeGrant';
}

/** Answers, for one app, what a caller may do. */
export class Abilities {
  // Callers are frozen, so their rules can't change under us; the entry goes with the caller.
  readonly #known = new WeakMap<Caller, Ability>();

  constructor(private readonly policies: readonly Policy[]) {}

  abilityFor(caller: Caller): Ability {
    const known = this.#known.get(caller);
    if (known) return known;
    const ability = buildAbility(this.policies, caller);
    this.#known.set(caller, ability);
    return ability;
  }

  /** Whether the caller may do that to any object of the resource; the object itself is asked about once loaded. */
  may(caller: Caller, action: string, resource: string): boolean {
    return this.abilityFor(caller).can(action, resource);
  }
}

/** @throws {UnsafeGrant} for a wildcard or a condition that names a prototype */
export function buildAbility(policies: readonly Policy[], caller: Caller): Ability {
  const rules: RawRuleOf<MongoAbility>[] = [];
  const can: Grant = (action, resource, conditions) => {
    if (WILDCARDS.has(action) || WILDCARDS.has(resource)) throw new UnsafeGrant('wildcard');
    if (conditions === undefined) {
      rules.push({ action, subject: resource });
      return;
    }
    // No conditions mean "any object": an empty object is more likely a lost variable than a decision.
    if (Object.keys(conditions).length === 0) throw new UnsafeGrant('empty conditions');
    checkConditions(conditions);
    rules.push({ action, subject: resource, conditions });
  };
  for (const policy of policies) policy(can, caller);
  return createMongoAbility<MongoAbility>(rules);
}

/**
 * CASL reads conditions by path; names of prototypes among them have been a hole (CVE-2026-1774). An undefined value
 * is refused too: it would match every object that lacks the field.
 */
function checkConditions(value: unknown, depth = 0): void {
  if (value === undefined) throw new UnsafeGrant('undefined condition');
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEEPEST) throw new UnsafeGrant('conditions too deep');
  checkPrototype(value);
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key !== 'string' || key.split('.').some((part) => POISON.has(part))) {
      throw new UnsafeGrant('prototype in conditions');
    }
    checkConditions((value as Record<string, unknown>)[key], depth + 1);
  }
}

/** `{ __proto__: … }` in a source, or a careless merge, leaves no key to find: it shows in whose child the object is. */
function checkPrototype(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === Object.prototype || prototype === null || Array.isArray(value);
  if (!isPlain && !OPAQUE.some((kind) => value instanceof kind)) {
    throw new UnsafeGrant('prototype in conditions');
  }
}
