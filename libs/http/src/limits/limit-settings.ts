import { ROUTE_CLASSES } from '@integument/contracts';
import { z } from 'zod';

/** Every allowance there is: that of each class, and of what is refused to nobody known (a bad credential, no such route). */
export const ALLOWANCES = [...ROUTE_CLASSES.filter((name) => name !== 'internal'), 'refused'] as const;
export type Allowance = (typeof ALLOWANCES)[number];

/** Requests a minute. */
export type Quotas = Readonly<Record<Allowance, number>>;

/** Whose requests are counted together: all that one client, one person, one member of staff or one address sends. */
export type LimitedKind = 'client' | 'person' | 'staff' | 'stranger';
export type LimitTable = Readonly<Record<LimitedKind, Quotas>>;

const QUOTA_MAX = 100_000_000;

/**
 * Far above what a client sends that imports all day, far below what would let one starve the others. `check` costs nothing
 * but the answer. Addresses can be shared by a whole company, so theirs are no allowance of one person's.
 */
const USUAL: LimitTable = {
  client: quotas(3_000_000, 300_000, 300_000, 12_000, 30_000, 600, 6_000),
  person: quotas(600, 1_200, 600, 60, 120, 60, 1_200),
  staff: quotas(600, 3_000, 1_200, 240, 300, 60, 1_200),
  stranger: quotas(600, 600, 600, 60, 60, 600, 6_000, 3_000),
};

function quotas(
  check: number,
  read: number,
  write: number,
  bulk: number,
  reveal: number,
  signIn: number,
  open: number,
  // Only strangers are refused as such; a caller's refused requests count in the class of their route.
  refused = 1,
): Quotas {
  return { check, read, write, bulk, reveal, 'sign-in': signIn, public: open, refused };
}

/** What the kind can be asked for: nobody unknown gets as far as counting in the class of a route that is for callers. */
const SHOWN: Readonly<Record<LimitedKind, readonly Allowance[]>> = {
  client: ['check', 'read', 'write', 'bulk', 'reveal', 'public'],
  person: ['read', 'write', 'bulk', 'reveal', 'sign-in', 'public'],
  staff: ['read', 'write', 'bulk', 'reveal', 'sign-in', 'public'],
  stranger: ['sign-in', 'public', 'refused'],
};

/** Settings of the limits that both apps have: each app's schema takes these in. */
export const limitSettings = {
  LIMITS_CLIENT: limits('client', 'Requests a minute that one client may send, by class of route'),
  LIMITS_PERSON: limits('person', 'The same for one person'),
  LIMITS_STAFF: limits('staff', 'The same for one member of staff'),
  LIMITS_ADDRESS: limits(
    'stranger',
    'The same for all that one address (IPv4, or an IPv6 /64) sends without a good credential',
  ),
};

export type LimitSettings = z.output<z.ZodObject<typeof limitSettings>>;

export function limitTable(config: LimitSettings): LimitTable {
  return {
    client: config.LIMITS_CLIENT,
    person: config.LIMITS_PERSON,
    staff: config.LIMITS_STAFF,
    stranger: config.LIMITS_ADDRESS,
  };
}

/** `read=300000,bulk=12000`; a class that is left out keeps its usual number. */
function limits(kind: LimitedKind, meaning: string) {
  const shown = SHOWN[kind];
  const entry = z.tuple([
    z.enum(shown as readonly [Allowance, ...Allowance[]]),
    z.coerce.number().int().min(1).max(QUOTA_MAX),
  ]);
  return z
    .string()
    .default(shown.map((name) => `${name}=${USUAL[kind][name]}`).join(','))
    .transform((text, context): Quotas => {
      const parsed = z.array(entry).safeParse(text.split(',').map((part) => part.trim().split('=')));
      const named = parsed.data?.map(([name]) => name) ?? [];
      // Named twice: whoever wrote it believes in one of the two.
      if (parsed.success && new Set(named).size === named.length) {
        return { ...USUAL[kind], ...(Object.fromEntries(parsed.data) as Partial<Quotas>) };
      }
      context.addIssue({ code: 'custom' });
      return z.NEVER;
    })
    .describe(`${meaning}; those left out keep their default`);
}
