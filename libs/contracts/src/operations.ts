import { z } from 'zod';
import {
  areOfUse,
  CLIENT_USES,
  canVouch,
  clientPurposes,
  inOneOrder,
  vouchesFor,
} from './client-purposes.js';
import { commitment } from './commitment.js';
import { clientId, credential, staffId } from './ids.js';
import { regionCodes } from './regions.js';
import { STAFF_ROLES, type StaffRole } from './staff-roles.js';

interface AbilityName {
  readonly action: string;
  readonly resource: string;
}

/** Something that takes a second person. */
export interface Operation {
  /** for whoever has to decide about it */
  readonly summary: string;
  /**
   * All that decides what will happen: ids, commitments, names of roles and purposes. Never a personal value, since a second person reads it and it
   * is kept. What one meaning can be written as in several ways must come out of the schema as one.
   */
  readonly parameters: z.ZodObject;
  /** Asked of the vault's abilities, when it is asked for and again when it is used: may the requester? */
  readonly ability: AbilityName;
  /** Roles that may agree to it, refuse it and review it. */
  readonly approvers: readonly StaffRole[];
  /** How long it can be decided about and used, from the request on. */
  readonly hours: number;
  /** Which parameter is a commitment: the steps' audit entries stand under it. */
  readonly subject?: string;
  /** Which parameter is a member of staff: they don't decide about it. */
  readonly account?: string;
  /** Of who asks for it on their own account, in place of `ability`. Absent: nobody may. */
  readonly ownAbility?: AbilityName;
  /** May be used at once, by one person, and is reviewed afterwards. */
  readonly breakGlass?: true;
}

/** In one order, so that one set of roles has one digest. */
const roles = z.array(z.enum(STAFF_ROLES)).max(STAFF_ROLES.length).transform(inOneOrder);

/** How many credentials a client can have at once. */
export const CREDENTIALS_MAX = 8;

/** Every operation there is. A name that doesn't stand here can neither be asked for nor used. */
export const OPERATIONS = {
  'clients.change': {
    summary:
      'Have a client app be just this afterwards: for this use and these purposes, its word taken for just these, known by these credentials and no other',
    parameters: z
      .strictObject({
        client: clientId,
        use: z.enum(CLIENT_USES),
        purposes: clientPurposes.transform(inOneOrder),
        vouchesFor: vouchesFor.transform(inOneOrder),
        dpop: z.boolean(),
        credentials: z.array(credential).max(CREDENTIALS_MAX).transform(inOneOrder),
        suspended: z.boolean(),
      })
      .refine(({ use, purposes }) => areOfUse(use, purposes), { path: ['purposes'] })
      .refine((client) => canVouch(client.use, client.vouchesFor), { path: ['vouchesFor'] }),
    ability: { action: 'change', resource: 'Client' },
    approvers: ['admin', 'privacy-officer'],
    hours: 24,
  },
  'evidence.open': {
    summary: 'Open a commitment of an audit log: say whom its entries are about',
    parameters: z.strictObject({ subject: commitment }),
    ability: { action: 'open', resource: 'Commitment' },
    approvers: ['privacy-officer'],
    hours: 24,
    subject: 'subject',
    breakGlass: true,
  },
  'factors.remove_last': {
    summary: 'Remove every second factor of an account, so that it enrols one anew at its next sign-in',
    parameters: z.strictObject({ account: staffId }),
    ability: { action: 'change', resource: 'Staff' },
    ownAbility: { action: 'remove', resource: 'Factor' },
    approvers: ['admin', 'privacy-officer'],
    hours: 24,
    account: 'account',
  },
  'rules.enact': {
    summary: 'Put this version of the stored rules and reveal policies in force, at both apps',
    parameters: z.strictObject({
      version: z.string().regex(/^[1-9]\d{0,6}$/),
      digest: z.string().regex(/^[0-9a-f]{64}$/),
    }),
    ability: { action: 'enact', resource: 'Rule' },
    approvers: ['privacy-officer', 'admin'],
    hours: 24,
  },
  'staff.change': {
    summary: 'Give an account these roles and no other; without any, it is staff no more',
    parameters: z.strictObject({ account: staffId, roles, regions: regionCodes.optional() }),
    ability: { action: 'change', resource: 'Staff' },
    approvers: ['admin', 'privacy-officer'],
    hours: 24,
    account: 'account',
  },
} as const satisfies Readonly<Record<`${string}.${string}`, Operation>>;

type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
export type ParametersOf<N extends OperationName> = z.output<Operations[N]['parameters']>;
export const OPERATION_NAMES = Object.keys(OPERATIONS) as [OperationName, ...OperationName[]];

type BreakGlassName = {
  [N in OperationName]: Operations[N] extends { readonly breakGlass: true } ? N : never;
}[OperationName];
export const BREAK_GLASS_NAMES = OPERATION_NAMES.filter((name) => operation(name).breakGlass) as [
  BreakGlassName,
  ...BreakGlassName[],
];

/** An operation's declaration, where it doesn't matter which. */
export function operation(name: OperationName): Operation {
  return OPERATIONS[name];
}

/** Which operation, with its own parameters: one of a union for the type, and for the parser. */
type Chosen<N extends OperationName, Extra> = {
  [One in N]: { operation: One; parameters: ParametersOf<One> } & Extra;
}[N];
type Choice<N extends OperationName, Extra> = {
  [One in N]: { operation: One; parameters: z.input<Operations[One]['parameters']> } & Extra;
}[N];

/** A body that names one of these operations and has what it takes, and `more` besides. */
export function choiceOf<N extends OperationName, More extends z.ZodRawShape>(
  names: readonly N[],
  more: More,
) {
  const options = names.map((name) =>
    z.strictObject({ operation: z.literal(name), parameters: OPERATIONS[name].parameters, ...more }),
  );
  // What TypeScript can't follow through `map`: each option has the parameters of its own name.
  return z.discriminatedUnion('operation', options as never) as unknown as z.ZodType<
    Chosen<N, z.output<z.ZodObject<More>>>,
    Choice<N, z.input<z.ZodObject<More>>>
  >;
}
