import { type LoggedEntry, parseLoggedEntry } from '../logged-entry.js';
import { CLASSES, type ClassName, OCSF_VERSION, type OcsfSort, ocsfSort } from './ocsf-classes.js';

/** An entry as it was read from the log. */
export interface LoggedBytes {
  /** name of the log */
  readonly origin: string;
  readonly position: number;
  /** the stored bytes; null where the database no longer has them */
  readonly bytes: Uint8Array | null;
}

/** One event of the Open Cybersecurity Schema Framework, as far as it is the same for all classes. */
export interface OcsfEvent {
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  readonly activity_name: string;
  /** class_uid * 100 + activity_id */
  readonly type_uid: number;
  /** milliseconds since 1970, of the entry */
  readonly time: number;
  readonly severity_id: number;
  readonly status_id?: number;
  readonly metadata: {
    readonly version: string;
    readonly product: { readonly name: string; readonly vendor_name: string };
    readonly log_name: string;
    /** `<origin>:<position>`: the same for every delivery, so that a receiver can drop what it has already */
    readonly uid: string;
    readonly sequence: number;
  };
  readonly [attribute: string]: unknown;
}

/** OCSF's numbers for how much an event matters; a feed's own scale is made from them. */
export const SEVERITY = { informational: 1, low: 2, high: 4 } as const;
const SUCCESS = 1;
const FAILURE = 2;

/** The reason code of access that went around the usual checks. */
const BREAK_GLASS = 'break-glass';

/**
 * Maps one entry to one OCSF event (schema {@link OCSF_VERSION}). Pure, but for entries that can't be read: they become an
 * Application Error event of the time given, so that whoever counts the sequence sees no gap and somebody looks.
 * @param readAt stands in for the time of such an entry
 */
export function ocsfEvent(logged: LoggedBytes, readAt: Date): OcsfEvent {
  const entry = logged.bytes && parseLoggedEntry(logged.bytes);
  if (!entry) return unreadable(logged, readAt);
  const sorted = ocsfSort(entry.action);
  return {
    ...kindOf(sorted),
    time: Date.parse(entry.at),
    severity_id: severityOf(entry),
    status_id: entry.outcome === 'done' ? SUCCESS : FAILURE,
    ...(entry.code && { status_code: entry.code }),
    message: `${entry.action} ${entry.outcome}`,
    metadata: metadataOf(logged),
    actor: actorOf(entry),
    api: {
      operation: entry.action,
      service: { name: 'Integument', uid: logged.origin },
      ...(entry.requestId && { request: { uid: entry.requestId } }),
    },
    src_endpoint: sourceOf(entry, logged.origin),
    ...ofClass(sorted.name, entry, logged),
    unmapped: restOf(entry),
  };
}

function kindOf({ class_uid, category_uid, activity_id, activity_name }: OcsfSort) {
  const type_uid = class_uid * 100 + activity_id;
  return { class_uid, category_uid, activity_id, activity_name, type_uid };
}

function metadataOf({ origin, position }: LoggedBytes): OcsfEvent['metadata'] {
  return {
    version: OCSF_VERSION,
    product: { name: 'Integument', vendor_name: 'Integument' },
    log_name: origin,
    uid: `${origin}:${position}`,
    sequence: position,
  };
}

function severityOf({ action, outcome, reason }: LoggedEntry): number {
  if (action === 'audit.alert' || reason?.code === BREAK_GLASS) return SEVERITY.high;
  return outcome === 'refused' ? SEVERITY.low : SEVERITY.informational;
}

function actorOf({ actor }: LoggedEntry) {
  return {
    user: userOf(actor),
    ...(actor.session && { session: { uid: actor.session } }),
    ...(actor.client && { app_uid: actor.client }),
  };
}

function userOf({ kind, id, roles }: LoggedEntry['actor']) {
  const groups = roles?.map((name) => ({ name }));
  return { uid: id, ...accountType(kind, roles), ...(groups && { groups }) };
}

/** OCSF has no name for a client; "Other" may say its own. */
function accountType(kind: string, roles: readonly string[] = []) {
  if (kind === 'client') return { type_id: 99, type: 'Client' };
  if (kind === 'process' || kind === 'system') return { type_id: 3, type: 'System' };
  return roles.includes('admin') ? { type_id: 2, type: 'Admin' } : { type_id: 1, type: 'User' };
}

/** The log keeps a network and no address, so there is no `ip`: a made-up host in it would be looked for. */
function sourceOf({ from, actor }: LoggedEntry, origin: string) {
  if (!from) return { name: actor.kind === 'system' ? origin : 'not recorded' };
  return { name: from.network ?? 'not recorded', zone: from.listener };
}

/** What a class asks for beyond the attributes of all. */
function ofClass(name: ClassName, entry: LoggedEntry, { origin, position }: LoggedBytes): object {
  const resource = entry.action.split('.')[0] ?? '';
  const uid = entry.object ?? entry.subject;
  const service = { name: 'Integument', uid: origin };
  switch (name) {
    case 'authentication':
      return {
        user: userOf(entry.actor),
        service,
        ...(entry.actor.session && { session: { uid: entry.actor.session } }),
      };
    case 'account':
      // Second factors are one's own.
      if (resource === 'factors') return { user: userOf(entry.actor) };
      // To whom it happened: only a commitment to them is known here.
      return { user: { uid: entry.subject ?? 'not recorded', type_id: 1, type: 'User' } };
    case 'entity':
      return { entity: { name: resource, type_id: 99, type: resource, ...(uid && { uid }) } };
    case 'datastore':
      return { table: { name: resource }, type_id: 3, type: 'Table' };
    case 'lifecycle':
      return { app: { name: 'Integument', vendor_name: 'Integument', uid: origin } };
    case 'finding':
      return {
        finding_info: { uid: `${origin}:${position}`, title: entry.object ?? entry.action },
        is_alert: true,
      };
    default:
      return {};
  }
}

/** What OCSF has no attribute for, under the names that the log has. */
function restOf({ actor, subject, purpose, reason, fields, count, object, policy, details }: LoggedEntry) {
  const { kind, signInAge, factorAge, guardian } = actor;
  const rest = {
    actorKind: kind,
    signInAge,
    factorAge,
    guardian,
    subject,
    purpose,
    reason,
    fields,
    count,
    object,
    policy,
    details,
  };
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
}

function unreadable(logged: LoggedBytes, readAt: Date): OcsfEvent {
  const { uid: class_uid, category: category_uid, activities } = CLASSES.error;
  const activity_name = 'General Error';
  return {
    ...kindOf({
      name: 'error',
      by: 'action',
      class_uid,
      category_uid,
      activity_id: activities[activity_name],
      activity_name,
    }),
    time: readAt.getTime(),
    severity_id: SEVERITY.high,
    status_id: FAILURE,
    status_code: logged.bytes ? 'audit.entry_unreadable' : 'audit.entry_missing',
    message: 'this position of the log holds no entry that can be read',
    metadata: metadataOf(logged),
  };
}
