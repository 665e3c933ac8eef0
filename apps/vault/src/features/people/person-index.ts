import {
  fieldOf,
  type IdentityField,
  type SearchWhere,
  type SomeIdentityFields,
} from '@integument/contracts';
import { canonicalJson, firstBits } from '@integument/crypto';
import { byteaArray, int2Array } from '@integument/database';
import { askedOf, type CoarseIndex, PARTS, type SearchPlan } from '../catalogue/index.js';
import type { LiveIndex, Stamped } from '../keys/index.js';

/** One digest of one person. */
export interface IndexRow {
  readonly indexId: number;
  readonly indexKey: number;
  readonly digest: Buffer;
}

/** What stands about a person in the coarse indexes, and by which plan. */
export interface Indexed {
  readonly plan: number;
  readonly rows: readonly IndexRow[];
}

/** Columns of `person_index`, for the arrays of a statement. */
export function digestColumns(rows: readonly (IndexRow & { personId: Buffer })[]): Buffer[] {
  return [
    byteaArray(rows.map(({ personId }) => personId)),
    int2Array(rows.map(({ indexId }) => indexId)),
    int2Array(rows.map(({ indexKey }) => indexKey)),
    byteaArray(rows.map(({ digest }) => digest)),
  ];
}

/** A plan as the database knows it: an id for each of its indexes that stores anything. */
export interface PlanInForce {
  readonly plan: number;
  /** by {@link definitionOf} */
  readonly ids: ReadonlyMap<string, number>;
}

/** What an index is, whatever it is called. Its digests are unrelated to those of any other. */
export function definitionOf({ of, bits }: CoarseIndex): string {
  return canonicalJson({ of: [...of], bits });
}

/** The declared coarse indexes: what is written in them about somebody, and what is looked for. */
export class PersonIndex {
  #inForce: PlanInForce | null = null;

  constructor(
    readonly plan: SearchPlan,
    private readonly index: LiveIndex,
  ) {}

  get inForce(): PlanInForce | null {
    return this.#inForce;
  }

  /** @param inForce null: nothing is written or looked for; there are too few people, or another declaration is in force */
  use(inForce: PlanInForce | null): void {
    this.#inForce = inForce;
  }

  /** Indexes that store something. */
  get stored(): readonly CoarseIndex[] {
    return this.plan.indexes.filter(({ bits }) => bits > 0);
  }

  /** Fields that any of them is made of. */
  get fields(): IdentityField[] {
    return [...new Set(this.stored.flatMap(({ of }) => of.map(fieldOf)))];
  }

  /** @returns null while nothing is written. Who lacks a part of an index is not in it */
  of(fields: SomeIdentityFields): Indexed | null {
    const inForce = this.#inForce;
    if (!inForce) return null;
    const rows = this.stored.flatMap((index) => {
      const values = index.of.map((part) => PARTS[part].had(fields));
      const whole = values.filter((value) => value !== null);
      if (whole.length < values.length) return [];
      return [rowOf(inForce, index, this.index.stamp(labelOf(index), JSON.stringify(whole)))];
    });
    return { plan: inForce.plan, rows };
  }

  /** What somebody who fits has in an index, under each version of the key that digests may lie under. */
  lookedFor(index: CoarseIndex, where: SearchWhere): IndexRow[] {
    const inForce = this.#inForce;
    if (!inForce) return [];
    const values = index.of.map((part) => askedOf(where, part));
    const stamps = this.index.stamps(labelOf(index), JSON.stringify(values));
    return stamps.map((stamped) => rowOf(inForce, index, stamped));
  }
}

function labelOf(index: CoarseIndex): string {
  return `search/${definitionOf(index)}`;
}

function rowOf({ ids }: PlanInForce, index: CoarseIndex, { digest, indexKey }: Stamped): IndexRow {
  const indexId = ids.get(definitionOf(index));
  if (indexId === undefined) throw new Error('an index that the plan in force does not know');
  return { indexId, indexKey, digest: firstBits(digest, index.bits) };
}
