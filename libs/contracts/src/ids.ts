import { z } from 'zod';

/** Crockford's base 32 without i, l, o, u: see `encodeId` of libs/crypto, which also checks the checksum. */
const CHARACTER = '[0-9a-hjkmnp-tv-z]';
const BODY = `${CHARACTER}{32}`;

function id<Brand extends string>(prefix: string, meaning: string) {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_${BODY}$`))
    .describe(meaning)
    .brand<Brand>();
}

/** Stands for one person towards one identity client. */
export const clientPseudonym = id<'ClientPseudonym'>('cps', 'A person, as this identity client knows them');
/** Stands for one person in one purpose. */
export const pseudonym = id<'Pseudonym'>('psn', 'A person in one purpose');
/** A session of the API, as vault and API name it to each other. */
export const sessionPseudonym = id<'SessionPseudonym'>('ssn', 'A session of the data plane');
/** The API's own name for a permit before and while it has a pseudonym. */
export const gateId = id<'GateId'>('gat', 'A permit gate');
export const erasureId = id<'ErasureId'>('ers', 'An erasure');
export const erasureClaim = id<'ErasureClaim'>('ecl', 'Fetches the evidence of one erasure');
/** What a second person is asked to agree to. */
export const approvalId = id<'ApprovalId'>('apr', 'An approval');
/** The vault's name for the key of one recommendation model. */
export const modelKeyId = id<'ModelKeyId'>('mdk', 'Key of a recommendation model');
/** The API's own name for a letter that it asks for, so that one asked for twice is one. */
export const letterKey = id<'LetterKey'>('ltk', 'A letter, as whoever asks for it names it');
/** A letter, as its Message-ID names it: known to whom it was sent, and to mail servers. */
export const letterId = id<'LetterId'>('ltr', 'A letter that was sent');
/** A second factor of a member of staff. */
export const factorId = id<'FactorId'>('fct', 'A second factor');
/** A new version of a key taking the old one's place. */
export const rotationId = id<'RotationId'>('rot', 'A rotation of a key');
/** One event that a client is told; the `webhook-id` of every attempt. */
export const deliveryId = id<'DeliveryId'>('whd', 'A delivery of a webhook');
/** A sign-in at the vault, with the sessions that came of it. */
export const signInId = id<'SignInId'>('sgn', 'A sign-in and its sessions');
/** Somebody who answers for a child. */
export const guardianshipId = id<'GuardianshipId'>('gua', 'A guardianship');
/** That something is kept on another ground than consent. */
export const holdId = id<'HoldId'>('hld', 'A hold');
/** A member of staff: the keyed digest of their account, by which the audit log knows them. */
export const staffId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .describe('A member of staff, as the vault’s audit log names them')
  .brand<'StaffId'>();
/** How the name of a client app is written, whether or not there is one of that name. */
export const clientName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
/** One call that brought consents from before. */
export const consentImportId = id<'ConsentImportId'>('imp', 'An import of consents');
/** A client app, by the name that it has here for ever. */
export const clientId = clientName
  // Under this one staff have their own names for people.
  .refine((id) => id !== 'console', 'reserved')
  .describe('A client app')
  .brand<'ClientId'>();
/**
 * A client id of the OpenID provider, by which its tokens name a client. An id and no text: without a space and an @ neither a
 * sentence nor an address fits.
 */
export const credential = z
  .string()
  .regex(/^[A-Za-z0-9_-][A-Za-z0-9._:/-]{0,254}$/)
  .describe('A client id at the OpenID provider')
  .brand<'Credential'>();
/** How a field of the vault's catalogue is named, whether or not there is one of that name. */
export const fieldName = z
  .string()
  .max(40)
  .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
  .describe('A field of the catalogue');
/** Stands for one value: an address, a card number. Longer than the others, by the segment it was made in. */
export const tokenId = z
  .string()
  .regex(new RegExp(`^tok_${CHARACTER}{40}$`))
  .describe('A token')
  .brand<'Token'>();
/** One-time code that carries a sign-in from the vault to the API. */
export const signInCode = id<'SignInCode'>('sic', 'One-time sign-in code');

export type Token = z.infer<typeof tokenId>;
export type ClientPseudonym = z.infer<typeof clientPseudonym>;
export type Pseudonym = z.infer<typeof pseudonym>;
export type SessionPseudonym = z.infer<typeof sessionPseudonym>;
export type GateId = z.infer<typeof gateId>;
export type ErasureId = z.infer<typeof erasureId>;
export type ErasureClaim = z.infer<typeof erasureClaim>;
export type ApprovalId = z.infer<typeof approvalId>;
export type ModelKeyId = z.infer<typeof modelKeyId>;
export type LetterKey = z.infer<typeof letterKey>;
export type LetterId = z.infer<typeof letterId>;
export type ConsentImportId = z.infer<typeof consentImportId>;
export type StaffId = z.infer<typeof staffId>;
export type FactorId = z.infer<typeof factorId>;
export type RotationId = z.infer<typeof rotationId>;
export type DeliveryId = z.infer<typeof deliveryId>;
export type SignInId = z.infer<typeof signInId>;
export type GuardianshipId = z.infer<typeof guardianshipId>;
export type HoldId = z.infer<typeof holdId>;
export type ClientId = z.infer<typeof clientId>;
export type Credential = z.infer<typeof credential>;
export type SignInCode = z.infer<typeof signInCode>;
