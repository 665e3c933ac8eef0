import { type Caller, client, person, process, staff } from '@integument/authz';
import { PURPOSE_NAMES, REVEAL_PURPOSES, STAFF_ROLES, VOUCHED } from '@integument/contracts';
import type { Role } from './model.fixture.js';

/** One sort of caller of all that there can be, with what the model needs to know of it. */
export interface Cast {
  readonly title: string;
  readonly caller: Caller;
  /** none: nobody that any app knows, or staff without a role */
  readonly roles: readonly Role[];
  readonly isStaff: boolean;
  /** what a client is registered for */
  readonly registered: readonly string[];
}

/** Every kind, with every set of roles and every registration. */
export function everyCaller(): Cast[] {
  return [
    cast('a person', person({ id: 'anna', session: 's' }), ['person']),
    ...subsets(STAFF_ROLES).map((roles) =>
      cast(
        `staff [${roles.join()}]`,
        staff({ id: 'olivia', session: 's', roles, secondFactorAt: new Date() }),
        roles,
      ),
    ),
    cast('staff of invented roles', staff({ id: 'x', session: 's', roles: ['root', '__proto__', '*'] }), []),
    ...subsets(REVEAL_PURPOSES).flatMap((revealPurposes) =>
      subsets(VOUCHED).map((vouchesFor) =>
        cast(
          `identity client [${[...revealPurposes, ...vouchesFor].join()}]`,
          client({ clientId: 'shop', use: 'identity', revealPurposes, vouchesFor }),
          ['identity-client'],
          [...revealPurposes, ...vouchesFor],
        ),
      ),
    ),
    ...subsets(PURPOSE_NAMES).map((purposes) =>
      cast(
        `health client [${purposes.join()}]`,
        client({ clientId: 'app', use: 'health', purposes }),
        ['health-client'],
        purposes,
      ),
    ),
    cast('the API', process({ name: 'api' }), ['api-process']),
    cast('another process', process({ name: 'worker' }), []),
  ];
}

function cast(
  title: string,
  caller: Caller,
  roles: readonly Role[],
  registered: readonly string[] = [],
): Cast {
  return { title, caller, roles, isStaff: caller.kind === 'staff', registered };
}

function subsets<T>([first, ...others]: readonly T[]): T[][] {
  if (first === undefined) return [[]];
  const without = subsets(others);
  return [...without, ...without.map((set) => [first, ...set])];
}
