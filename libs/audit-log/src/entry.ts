import type { z } from 'zod';
import { assertClosed } from './closed-schema.js';
import { type Actor, type Facts, type From, factsSchema, NAME } from './facts.js';

/** Longest entry in bytes; also a constraint of the tables. */
export const MAX_ENTRY_BYTES = 8_192;

/** As SHA-256 has. */
const COMMITMENT_BYTES = 32;
const SUBJECT = '"subject":""';

/** `resource.verb`, as in the id of a route. */
export type ActionId = `${string}.${string}`;

/** An entry as it stands in the log, once its bytes are read as JSON. */
export interface AuditEntry {
  /** of this format */
  readonly v: 1;
  /** UTC, ISO 8601 with milliseconds: the app's clock when the entry was staged, which is not its order in the log */
  readonly at: string;
  readonly action: string;
  readonly outcome: 'done' | 'refused';
  readonly code?: string;
  readonly actor: Actor;
  /** base64url of the commitment */
  readonly subject?: string;
  readonly purpose?: string;
  readonly fields?: readonly string[];
  readonly reason?: { readonly code: string; readonly reference?: string };
  readonly count?: number;
  readonly object?: string;
  readonly requestId?: string;
  readonly from?: From;
  readonly policy?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** An entry could not be written as declared. The operation it belongs to must not happen. Holds no value. */
export class AuditEntryInvalid extends Error {
  override readonly name = 'AuditEntryInvalid';
  readonly code = 'audit.entry_invalid';
}

/**
 * A checked entry of a declared action that still needs its time. Only a declared action can make one, so code that
 * writes an undeclared action does not compile.
 */
export class EntryDraft {
  readonly #content: Content;
  readonly #text: (at: string) => string;

  /** @internal called by actions, which alone have the guard */
  constructor(guard: typeof DECLARED, content: Content, text = (at: string) => written(at, content)) {
    if (guard !== DECLARED) throw new TypeError('only a declared action makes entries');
    this.#content = content;
    this.#text = text;
  }

  /**
   * The same entry about each of these: for an operation that says of a thousand people what differs in nothing else. Its facts are
   * checked once, and its text is put together once.
   * @param subjects commitments, 32 bytes each
   * @throws {AuditEntryInvalid} for one of another length, or where this entry is about nobody
   */
  aboutEach(subjects: readonly Uint8Array[]): EntryDraft[] {
    const { action, subject } = this.#content;
    if (subject === undefined || !subjects.every(({ length }) => length === COMMITMENT_BYTES)) {
      throw new AuditEntryInvalid(`an entry of ${action} is wrong at subject`);
    }
    const around = memoised((at) => aroundSubject(written(at, { ...this.#content, subject: '' })));
    return subjects.map((one) => {
      const commitment = base64url(one);
      return new EntryDraft(DECLARED, this.#content, (at) => around(at).join(commitment));
    });
  }

  /**
   * Writes the bytes that are stored, hashed and exported: JSON in UTF-8, written this once and never again from its
   * parsed form, which could differ.
   * @throws {AuditEntryInvalid} beyond {@link MAX_ENTRY_BYTES}
   */
  encode(at: Date): Buffer {
    const bytes = Buffer.from(this.#text(at.toISOString()), 'utf8');
    if (bytes.length > MAX_ENTRY_BYTES) {
      throw new AuditEntryInvalid(
        `an entry of ${this.#content.action} is longer than ${MAX_ENTRY_BYTES} bytes`,
      );
    }
    return bytes;
  }
}

type Content = Omit<AuditEntry, 'v' | 'at'>;

function written(at: string, content: Content): string {
  return JSON.stringify({ v: 1, at, ...content });
}

/** What stands before and after the subject, in a text where it is empty. What comes before it are names, none of which is this. */
function aroundSubject(text: string): [string, string] {
  const at = text.indexOf(SUBJECT) + SUBJECT.length - 1;
  return [text.slice(0, at), text.slice(at)];
}

/** All entries of an operation bear one time. */
function memoised<T>(make: (at: string) => T): (at: string) => T {
  let [known, made]: [string | undefined, T | undefined] = [undefined, undefined];
  return (at) => {
    if (at !== known || made === undefined) [known, made] = [at, make(at)];
    return made;
  };
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url');
}

// Known to this file alone: even JavaScript code can't make a draft around an action's checks.
const DECLARED: unique symbol = Symbol('declared');

/** Makes entries of one declared action. */
export interface Action<Details extends z.ZodObject | undefined = undefined> {
  readonly id: ActionId;
  /** @throws {AuditEntryInvalid} naming the wrong places, never their values */
  (facts: Facts & DetailsOf<Details>): EntryDraft;
}

type DetailsOf<Details> = Details extends z.ZodObject
  ? { readonly details: z.input<Details> }
  : { readonly details?: undefined };

/**
 * Declares an action, once, beside the feature that does it.
 * @param id `resource.verb`; where it is a route's, the route's id
 * @param details what entries of this action say beyond the common facts: an allow-list, from which anything else that is passed is
 * dropped. Text needs a pattern; records and unknown keys are refused here already.
 * @example export const productsImported = defineAction('products.import', z.object({ rejected: z.int() }));
 */
export function defineAction(id: ActionId): Action;
export function defineAction<Details extends z.ZodObject>(id: ActionId, details: Details): Action<Details>;
export function defineAction(id: ActionId, schema?: z.ZodObject): Action<z.ZodObject | undefined> {
  if (!NAME.test(id) || !id.includes('.')) throw new TypeError('an action is named resource.verb');
  if (schema) assertClosed(schema, `${id}: details`);
  const draft = ({ details, ...facts }: Facts & { details?: unknown }) => {
    const checked = parse(id, factsSchema, facts);
    const stated = schema ? parse(id, schema, details, 'details') : undefined;
    return new EntryDraft(DECLARED, inOrder(id, checked, stated));
  };
  return Object.assign(draft, { id });
}

/** One order for all entries, so that people can read the raw bytes. */
function inOrder(
  action: string,
  {
    outcome,
    code,
    actor,
    subject,
    purpose,
    fields,
    reason,
    count,
    object,
    requestId,
    from,
    policy,
  }: z.output<typeof factsSchema>,
  details: Record<string, unknown> | undefined,
): Content {
  const commitment = subject && base64url(subject);
  return {
    action,
    outcome,
    ...(code && { code }),
    actor,
    ...(commitment && { subject: commitment }),
    ...{ purpose, fields, reason, count, object, requestId, from, policy, details },
  };
}

function parse<Schema extends z.ZodType>(
  id: string,
  schema: Schema,
  value: unknown,
  within?: string,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // Paths are names declared here; zod's messages may quote what was sent.
  const places = result.error.issues.map(
    ({ path }) => [...(within ? [within] : []), ...path].join('.') || 'keys',
  );
  throw new AuditEntryInvalid(`an entry of ${id} is wrong at ${[...new Set(places)].join(', ')}`);
}
