import { z } from 'zod';

/** Who acted. Ids are names inside Integument, never an email address or a token. */
export interface Actor {
  readonly kind: 'person' | 'staff' | 'client' | 'process' | 'system';
  readonly id: string;
  readonly roles?: readonly string[];
  /** the session it came through, by a name of its own; absent where `id` is that name */
  readonly session?: string;
  /** the client app that acted for a person or a member of staff */
  readonly client?: string;
  /** seconds since the actor signed in */
  readonly signInAge?: number;
  /** seconds since the actor last used a second factor; absent where none was used */
  readonly factorAge?: number;
  /** they acted for a child for which they answer */
  readonly guardian?: true;
}

/** Where an operation came from. */
export interface From {
  readonly listener: 'public' | 'internal';
  /** The network, not the address: the first 24 bits of an IPv4 address, the first 48 of an IPv6 one. Never a person's. */
  readonly network?: string;
}

/** What every entry can say. Only names, numbers and commitments; values never. */
interface CommonFacts {
  readonly actor: Actor;
  /** to whom: the 32 bytes of a commitment (`commit` of libs/crypto), never an id that others know */
  readonly subject?: Uint8Array;
  readonly purpose?: string;
  /** names of the fields that were read or changed */
  readonly fields?: readonly string[];
  /** why, where a reason was asked for; `reference` is a ticket or case number */
  readonly reason?: { readonly code: string; readonly reference?: string };
  /** how many records or readings */
  readonly count?: number;
  /** the object that is not a person: an erasure, an import, a session */
  readonly object?: string;
  /** our own name of the request */
  readonly requestId?: string;
  readonly from?: From;
  /**
   * Which rules decided: 12 hex digits, see `policyVersion` of libs/authz; where stored rules could narrow it, a point and the first 12
   * of the digest of their version.
   */
  readonly policy?: string;
}

/** A refusal says by which code; what was done has none. */
export type Facts = CommonFacts &
  (
    | { readonly outcome: 'done'; readonly code?: undefined }
    | { readonly outcome: 'refused'; readonly code: string }
  );

/** Names: of actions, purposes, fields, roles, codes. */
export const NAME = /^[A-Za-z][A-Za-z0-9]*(?:[._-][A-Za-z0-9]+)*$/;

const name = z.string().max(80).regex(NAME);
// No space and no @: neither a sentence nor an address fits.
const label = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:|/#~-]*$/);
// As long as SHA-256, which a commitment is.
const commitment = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32);

const seconds = z.int().nonnegative();
const network = z
  .string()
  .max(43)
  .regex(/^[0-9a-f.:]+\/(?:24|48)$/);

const common = {
  actor: z.strictObject({
    kind: z.enum(['person', 'staff', 'client', 'process', 'system']),
    id: label,
    roles: z.array(name).max(16).optional(),
    session: label.optional(),
    client: label.optional(),
    signInAge: seconds.optional(),
    factorAge: seconds.optional(),
    guardian: z.literal(true).optional(),
  }),
  subject: commitment.optional(),
  purpose: name.optional(),
  fields: z.array(name).max(200).optional(),
  reason: z.strictObject({ code: name, reference: label.optional() }).optional(),
  count: z.int().nonnegative().optional(),
  object: label.optional(),
  requestId: label.optional(),
  from: z.strictObject({ listener: z.enum(['public', 'internal']), network: network.optional() }).optional(),
  policy: z
    .string()
    .regex(/^[0-9a-f]{12}(\.[0-9a-f]{12})?$/)
    .optional(),
};

/** Checks at run time what {@link Facts} promises, since a value that came in from outside may stand in any text. */
export const factsSchema = z.discriminatedUnion('outcome', [
  z.strictObject({ ...common, outcome: z.literal('done'), code: z.undefined().optional() }),
  z.strictObject({ ...common, outcome: z.literal('refused'), code: name }),
]);
