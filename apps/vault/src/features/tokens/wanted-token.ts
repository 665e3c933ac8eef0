import { type Caller, callerId } from '@integument/authz';
import { type CodedError, type NewToken, newToken, type TokenType } from '@integument/contracts';
import { decodedOrNull } from '@integument/crypto';
import { wrongFields } from '../../platform/wrong-fields.js';
import { type Catalogue, type TokenField, valueUnfit } from '../catalogue/index.js';
import { personNotFound } from '../people/index.js';
import { domainUnknown, endPast, fieldUnknown, typeNotAllowed } from './tokens.errors.js';

/** A token that is asked for, once everything about it is known to be allowed. */
export interface WantedToken {
  readonly field: TokenField;
  readonly domain: string;
  readonly type: TokenType;
  /** the value, as it is kept */
  readonly text: string;
  /** the client's name of the person whose value it is */
  readonly person: Buffer | null;
  /** whether the vault knew it already: then a token of it is not the one of the same value as somebody sends it */
  readonly stored: boolean;
  readonly expiresAt: string | null;
  readonly uses: number | null;
}

/** What is asked for, whatever the value. */
export type WantedOptions = Omit<WantedToken, 'person' | 'stored' | 'text'>;

/** For what the vault knows of a person: the value is not sent. */
export interface KnownWish extends WantedOptions {
  readonly person: Buffer;
}

export type TokenWish = KnownWish | WantedToken;

/** Whether the token is the encrypted value, and nothing is kept of either. */
export function isReversible({ field, type }: Pick<WantedToken, 'field' | 'type'>): boolean {
  return type === 'format-preserving' && !field.erasable;
}

type Options = Pick<NewToken, 'domain' | 'expiresAt' | 'field' | 'type' | 'uses'>;

/** What an entry of a batch is refused with, where it has not even the form of one. */
export class EntryInvalid {
  readonly code = 'request.invalid';
  constructor(readonly fields: string[]) {}
}

export function wishIn(
  catalogue: Catalogue,
  caller: Caller,
  entry: unknown,
): TokenWish | CodedError | EntryInvalid {
  const parsed = newToken.safeParse(entry);
  return parsed.success
    ? wishOf(catalogue, caller, parsed.data)
    : new EntryInvalid(wrongFields(parsed.error));
}

/** @returns the refusal, where there is one: in a batch it is the answer of one entry */
export function wishOf(catalogue: Catalogue, caller: Caller, asked: NewToken): TokenWish | CodedError {
  const wanted = wantedOf(catalogue, caller, asked);
  if (!('field' in wanted)) return wanted;
  // A person's erasure would not reach it.
  if (asked.person !== undefined && isReversible(wanted)) return typeNotAllowed();
  if (asked.known) return knownWish(wanted, asked.person);
  const { success, data: text } = wanted.field.kind.schema.safeParse(asked.value);
  if (!success) return valueUnfit();
  if (asked.person === undefined) return withValue(wanted, text, null);
  const person = decodedOrNull('cps', asked.person);
  return person ? withValue(wanted, text, person) : personNotFound();
}

function knownWish(wanted: WantedOptions, name: string | undefined): CodedError | KnownWish {
  if (name === undefined) throw new Error('what is known of nobody is not asked for');
  const person = decodedOrNull('cps', name);
  return person ? { ...wanted, person } : personNotFound();
}

/** Written out: spread into another, an object of a batch costs more to make and to read than its value does to check. */
function withValue(
  { field, domain, type, expiresAt, uses }: WantedOptions,
  text: string,
  person: Buffer | null,
): WantedToken {
  return { field, domain, type, text, person, stored: false, expiresAt, uses };
}

/** The same without the value, which is known otherwise. */
export function wantedOf(
  catalogue: Catalogue,
  caller: Caller,
  { field: name, domain: named, type, expiresAt, uses }: Options,
): WantedOptions | CodedError {
  const field = catalogue.find(name);
  if (!field) return fieldUnknown();
  const domain = catalogue.domainFor(callerId(caller), named);
  if (domain === null) return domainUnknown();
  if (!field.types.has(type)) return typeNotAllowed();
  // By this process's clock: that of the database decides when it ends.
  if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) return endPast();
  return { field, domain, type, expiresAt: expiresAt ?? null, uses: uses ?? null };
}
