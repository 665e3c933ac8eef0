/**
 * Which class and activity of OCSF an action is. Data: what an action is called in another system is decided here and
 * nowhere else. Names and numbers: https://schema.ocsf.io/1.5.0
 */
export const OCSF_VERSION = '1.5.0';

export const CLASSES = {
  finding: { uid: 2004, category: 2, activities: { Create: 1, Update: 2, Close: 3 } },
  account: {
    uid: 3001,
    category: 3,
    activities: {
      Create: 1,
      Enable: 2,
      Disable: 5,
      Delete: 6,
      'MFA Factor Enable': 10,
      'MFA Factor Disable': 11,
    },
  },
  authentication: {
    uid: 3002,
    category: 3,
    activities: { Logon: 1, Logoff: 2, 'Service Ticket Request': 4, Preauth: 6 },
  },
  entity: {
    uid: 3004,
    category: 3,
    activities: { Create: 1, Read: 2, Update: 3, Delete: 4, Enable: 8, Disable: 9, Suspend: 12, Resume: 13 },
  },
  lifecycle: { uid: 6002, category: 6, activities: { Start: 3, Stop: 4 } },
  api: { uid: 6003, category: 6, activities: { Create: 1, Read: 2, Update: 3, Delete: 4, Other: 99 } },
  datastore: {
    uid: 6005,
    category: 6,
    activities: {
      Read: 1,
      Update: 2,
      Query: 4,
      Write: 5,
      Create: 6,
      Delete: 7,
      List: 8,
      Encrypt: 9,
      Decrypt: 10,
    },
  },
  error: { uid: 6008, category: 6, activities: { 'General Error': 1 } },
} as const;

type Classes = typeof CLASSES;
export type ClassName = keyof Classes;
type Sort = { [Name in ClassName]: readonly [Name, keyof Classes[Name]['activities']] }[ClassName];

/** What is said of an action by its own name. */
const BY_ACTION: Readonly<Record<string, Sort>> = {
  'audit.alert': ['finding', 'Create'],
  'audit.forget_follower': ['api', 'Delete'],
  'audit.export': ['datastore', 'Read'],
  'audit.stream': ['datastore', 'Query'],
  'audit.entries': ['datastore', 'Query'],

  'sign_in.providers': ['api', 'Read'],
  'sign_in.start': ['authentication', 'Preauth'],
  'sign_in.finish': ['authentication', 'Logon'],
  'sign_in.finish_at': ['authentication', 'Logon'],
  'sign_in.issue_code': ['authentication', 'Service Ticket Request'],
  'sign_in.redeem': ['authentication', 'Logon'],
  'sign_in.sign_out': ['authentication', 'Logoff'],
  'sign_in.back_channel_logout': ['authentication', 'Logoff'],
  'sign_in.session': ['api', 'Read'],
  'abilities.read_own': ['api', 'Read'],
  'sessions.open': ['authentication', 'Logon'],
  'sessions.close': ['authentication', 'Logoff'],
  'sign_in.sessions': ['api', 'Read'],
  'sign_in.end_session': ['authentication', 'Logoff'],
  'sign_in.end_other_sessions': ['authentication', 'Logoff'],
  'sign_in.end_of_providers': ['authentication', 'Logoff'],
  'sign_in.session_endings': ['api', 'Read'],
  'sign_in.confirm_session_endings': ['api', 'Update'],
  'sessions.carry_out_endings': ['authentication', 'Logoff'],
  'session.noop': ['api', 'Other'],

  'factors.list': ['api', 'Read'],
  'factors.begin_totp': ['authentication', 'Preauth'],
  'factors.begin_passkey': ['authentication', 'Preauth'],
  'factors.begin_use': ['authentication', 'Preauth'],
  'factors.enrol_totp': ['account', 'MFA Factor Enable'],
  'factors.enrol_passkey': ['account', 'MFA Factor Enable'],
  'factors.make_recovery_codes': ['account', 'MFA Factor Enable'],
  'factors.remove': ['account', 'MFA Factor Disable'],
  'factors.remove_last': ['account', 'MFA Factor Disable'],
  'factors.use_totp': ['authentication', 'Logon'],
  'factors.use_passkey': ['authentication', 'Logon'],
  'factors.use_recovery_code': ['authentication', 'Logon'],

  'staff.list': ['api', 'Read'],
  'staff.name_account': ['api', 'Read'],
  'staff.appoint': ['account', 'Enable'],
  'staff.change_roles': ['entity', 'Update'],
  'staff.dismiss': ['account', 'Disable'],

  'clients.list': ['api', 'Read'],
  'clients.register': ['entity', 'Create'],
  'clients.change': ['entity', 'Update'],
  'clients.add_credential': ['entity', 'Update'],
  'clients.retire_credential': ['entity', 'Update'],
  'clients.suspend': ['entity', 'Suspend'],
  'clients.resume': ['entity', 'Resume'],
  'clients.remove': ['entity', 'Delete'],

  'webhooks.read': ['api', 'Read'],
  'webhooks.dead_letters': ['api', 'Read'],
  'webhooks.put': ['entity', 'Update'],
  'webhooks.rotate_secret': ['entity', 'Update'],
  'webhooks.replay': ['api', 'Update'],
  'webhooks.remove': ['entity', 'Delete'],
  'webhooks.switch_off': ['entity', 'Disable'],

  'people.enrol': ['account', 'Create'],
  'people.enrol_self': ['account', 'Create'],
  'people.enrol_batch': ['account', 'Create'],
  'people.erase': ['account', 'Delete'],
  'people.erase_self': ['account', 'Delete'],
  // A value leaves the vault in the clear: what a data store calls decrypting.
  'people.reveal': ['datastore', 'Decrypt'],
  'tokens.reveal': ['datastore', 'Decrypt'],
  'tokens.reveal_batch': ['datastore', 'Decrypt'],
  'tokens.reveal_stream': ['datastore', 'Decrypt'],
  'tokens.ask': ['datastore', 'Query'],
  'tokens.make': ['datastore', 'Encrypt'],
  'tokens.make_batch': ['datastore', 'Encrypt'],
  'tokens.make_stream': ['datastore', 'Encrypt'],
  'tokens.make_for_person': ['datastore', 'Encrypt'],
  'tokens.describe': ['datastore', 'Read'],
  'tokens.remove': ['datastore', 'Delete'],
  'people.read': ['datastore', 'Read'],
  'people.read_self': ['datastore', 'Read'],
  'people.search': ['datastore', 'Query'],
  'people.update': ['datastore', 'Update'],

  'permits.open': ['entity', 'Enable'],
  'permits.resume': ['entity', 'Resume'],
  'permits.freeze': ['entity', 'Suspend'],
  'permits.decline': ['entity', 'Disable'],
  'permits.destroy': ['entity', 'Delete'],
  'permits.keys': ['entity', 'Read'],
  'permits.of_session': ['entity', 'Read'],
  'permits.keep_opt_out': ['entity', 'Disable'],
  'permits.told': ['entity', 'Read'],
  'guardianships.make': ['entity', 'Create'],
  'guardianships.read': ['entity', 'Read'],
  'guardianships.list_own': ['entity', 'Read'],
  'guardianships.end': ['entity', 'Disable'],
  'guardianships.end_due': ['entity', 'Disable'],
  'guardianships.end_own': ['entity', 'Disable'],
  'guardianships.end_with_guardian': ['entity', 'Disable'],
  'guardianships.revoke': ['entity', 'Disable'],
  'guardianships.list_guardians': ['entity', 'Read'],
  'guardianships.issue_code': ['authentication', 'Service Ticket Request'],
  'guardianships.consent_endings': ['entity', 'Read'],
  'consent.give': ['entity', 'Enable'],
  'consent.acknowledge': ['entity', 'Enable'],
  'consent.import': ['entity', 'Enable'],
  'consent_imports.take': ['datastore', 'Encrypt'],
  'consent_imports.read': ['api', 'Read'],
  // It leaves the vault in the clear.
  'consent_imports.read_evidence': ['datastore', 'Decrypt'],
  'consent_imports.pending': ['api', 'Read'],
  'consent_imports.mint': ['entity', 'Enable'],
  'consent_imports.decided_here': ['entity', 'Read'],
  'consent_imports.settle': ['api', 'Update'],
  'consent.withdraw': ['entity', 'Disable'],
  'consent.refuse': ['entity', 'Disable'],
  'consent.object': ['entity', 'Disable'],
  'faults.report': ['datastore', 'Create'],
  'faults.list': ['datastore', 'Read'],
  'faults.count': ['api', 'Read'],
  'opt_outs.make': ['entity', 'Disable'],
  'opt_outs.list': ['entity', 'Read'],
  'opt_outs.overdue': ['entity', 'Read'],
  'holds.record': ['entity', 'Suspend'],
  'holds.list': ['entity', 'Read'],
  'holds.lift': ['entity', 'Resume'],
  'consent.expire': ['entity', 'Disable'],
  'consent.foretell': ['api', 'Create'],
  'consent.receipt_keys': ['api', 'Read'],
  'register.impact_assessment': ['api', 'Read'],
  'register.current_notices': ['api', 'Read'],
  'register.notice': ['api', 'Read'],
  'registry.apply': ['entity', 'Update'],
  'registry.read_client': ['entity', 'Read'],

  // An address is opened, and leaves the vault towards a mail server.
  'letters.sent': ['datastore', 'Decrypt'],
  'letters.returned': ['api', 'Update'],
  'letters.given_up': ['api', 'Other'],
  'letters.report_bounces': ['api', 'Update'],
  'erasure.erase_permit': ['datastore', 'Delete'],
  // Whom an entry was about: what a data store calls decrypting.
  'evidence.open': ['datastore', 'Decrypt'],
  'approvals.request': ['api', 'Create'],
  'approvals.break_glass': ['api', 'Create'],
  'approvals.approve': ['api', 'Update'],
  'approvals.refuse': ['api', 'Update'],
  'approvals.take_back': ['api', 'Update'],
  'approvals.review': ['api', 'Update'],
  'approvals.redeem': ['api', 'Update'],
  'approvals.list': ['api', 'Read'],
  'approvals.read': ['api', 'Read'],
  'rules.draft': ['api', 'Create'],
  'rules.enact': ['api', 'Update'],
  'rules.in_force': ['api', 'Read'],
  'rules.text': ['api', 'Read'],
  'keys.list': ['api', 'Read'],
  'keys.rotation': ['api', 'Read'],
  'keys.rotate': ['api', 'Create'],
  'keys.rotated': ['api', 'Update'],
  'keys.destroyed': ['datastore', 'Delete'],
  'evidence.lapse': ['datastore', 'Delete'],
  'requests.unauthenticated': ['authentication', 'Logon'],
  'readings.store': ['datastore', 'Write'],
  'readings.read': ['datastore', 'Read'],
  'events.record': ['datastore', 'Write'],
  'cohort_facts.store': ['datastore', 'Write'],
  'cohort_facts.read': ['datastore', 'Read'],
  'cohorts.count': ['datastore', 'Query'],
  'cohorts.histogram': ['datastore', 'Query'],
  'products.import': ['datastore', 'Write'],
  'recommendations.train': ['api', 'Update'],
};

/** Otherwise by the first word of the verb: `read` of `codes.read_all`. */
const BY_VERB: Readonly<Record<string, Sort>> = Object.fromEntries<Sort>([
  ...words(
    ['api', 'Create'],
    'add append approve archive create enrol give grant import issue make open record register request sign start store',
  ),
  ...words(
    ['api', 'Read'],
    'count download entries export fetch find get history list look pending purposes query read report reports reveal search show stream translate verify',
  ),
  ...words(
    ['api', 'Update'],
    'apply change close complete completed extend finish freeze gates move patch put redeem renew replace resume rewrap rotate set train update',
  ),
  ...words(['api', 'Delete'], 'delete destroy erase forget purge remove revoke withdraw'),
  ...words(['api', 'Other'], 'ping try'),
]);

/** Otherwise by the resource. The routes of the log are named after what they give; all of them read. */
const BY_RESOURCE: Readonly<Record<string, Sort>> = {
  audit: ['api', 'Read'],
  // Counts of what strangers asked, and what was asked of no route.
  request: ['api', 'Other'],
  requests: ['api', 'Other'],
};

export interface OcsfSort {
  readonly name: ClassName;
  readonly class_uid: number;
  readonly category_uid: number;
  readonly activity_id: number;
  readonly activity_name: string;
  /** how it was found; `nothing` is a gap in this file */
  readonly by: 'action' | 'verb' | 'resource' | 'nothing';
}

/** Every action has one: where nothing above speaks of it, an API activity of the kind "Other". */
export function ocsfSort(action: string): OcsfSort {
  const [resource = '', verb = ''] = action.split('.');
  const word = verb.split(/[_-]/)[0] ?? '';
  const own = (table: Readonly<Record<string, Sort>>, key: string) =>
    Object.hasOwn(table, key) ? table[key] : undefined;
  return (
    sort(own(BY_ACTION, action), 'action') ??
    sort(own(BY_VERB, word), 'verb') ??
    sort(own(BY_RESOURCE, resource), 'resource') ??
    (sort(['api', 'Other'], 'nothing') as OcsfSort)
  );
}

function sort(found: Sort | undefined, by: OcsfSort['by']): OcsfSort | undefined {
  if (!found) return undefined;
  const [name, activity_name] = found;
  const { uid, category, activities } = CLASSES[name];
  const activity_id = (activities as Readonly<Record<string, number>>)[activity_name] as number;
  return { name, class_uid: uid, category_uid: category, activity_id, activity_name, by };
}

function words(sorted: Sort, verbs: string): (readonly [string, Sort])[] {
  return verbs.split(' ').map((verb) => [verb, sorted] as const);
}
