/**
 * Who may do what, written by hand from the promises (docs/architecture.md, docs/threat-model.md) and from no policy: the tests compare
 * the two. What does not stand here nobody may do.
 */
export type Role =
  | 'person'
  | 'identity-client'
  | 'health-client'
  | 'api-process'
  | 'support'
  | 'privacy-officer'
  | 'admin'
  | 'auditor';

export interface May {
  /**
   * Whose: `own` are those of the caller (a person's, a client's, of a permit handed over); `any` are all that this app has. Staff
   * without a role of use to them are nobody.
   */
  readonly of: 'own' | 'any';
  /** Only for these purposes; `registered`: those that the client is registered for. For every purpose when absent. */
  readonly for?: 'registered' | readonly string[];
  /** The client must be registered for this purpose, or its word taken for this. */
  readonly with?: string;
}

/** `reveal Person` */
export type Abilities = Readonly<Record<string, May>>;
export type Model = Readonly<Record<Role, Abilities>>;

const own: May = { of: 'own' };
const any: May = { of: 'any' };

const inSession: Abilities = { 'continue Session': own, 'read Ability': own };
const isClient: Abilities = { 'ping Service': any, 'read Ability': own };
/** At the vault, where staff sign in: second factors, each member's own, and what takes a second person. */
const inVault: Abilities = {
  ...inSession,
  'end SignIn': own,
  'enrol Factor': own,
  'use Factor': own,
  'remove Factor': own,
  'request Approval': own,
  'read Approval': any,
};
/** Of what others ask for. */
const decides: Abilities = { 'decide Approval': any };
const seesStaff: Abilities = { 'read Staff': any, 'read Client': any };
/** Takes a client's power away on the spot. */
const suspends: Abilities = { 'suspend Client': any };
/** Where clients are told, and not of whom. */
const minds: Abilities = {
  'read Webhook': any,
  'change Webhook': any,
  'remove Webhook': any,
  'replay Webhook': any,
};
const watches: Abilities = { 'read Alert': any, 'read AlertRule': any };
const makesRules: Abilities = { ...watches, 'change AlertRule': any };
/** What is stored and narrows: whoever watches or agrees reads it. */
const readsRules: Abilities = { 'read Rule': any };
const triesRules: Abilities = { ...readsRules, 'try Rule': any };
/** Versions and dates of keys, and no key. */
const readsKeys: Abilities = { 'read Key': any };
const readsLog: Abilities = { ...watches, 'read AuditLog': any };

/** Says on record that something is kept from erasure, by a name that the person has. */
const holds: Abilities = { 'record Hold': any, 'read Hold': any, 'lift Hold': any };

/** Who people are. Staff see everybody there; a client those it has a name for. */
export const VAULT_MODEL: Model = {
  person: {
    ...inSession,
    'end SignIn': own,
    'read Self': own,
    'erase Self': own,
    'read OwnGuardianship': own,
    'use OwnGuardianship': own,
    'read OwnGuardian': own,
    'end OwnGuardian': own,
  },
  'identity-client': {
    ...isClient,
    'enrol Person': own,
    'read Person': own,
    'update Person': own,
    'erase Person': own,
    'reveal Person': { of: 'own', for: 'registered' },
    'make Token': own,
    'describe Token': own,
    'remove Token': own,
    'make Guardianship': { of: 'own', with: 'guardianships' },
    'read Guardianship': own,
    'end Guardianship': own,
    'report Bounce': any,
    'make ConsentImport': { of: 'own', with: 'consents' },
    'read ConsentImport': own,
  },
  // Its server would join who and what: in the vault it has nothing to look for, nor to be told.
  'health-client': {},
  'api-process': {
    'use Permit': any,
    'use ModelKey': any,
    'redeem SignIn': any,
    'look-up Client': any,
    'carry-out Erasure': any,
    'carry-out SessionEnding': any,
    'carry-out ConsentEnding': any,
    'redeem Approval': any,
    'follow Rule': any,
    'request Letter': any,
    'carry-out ConsentImport': any,
  },
  support: {
    ...inVault,
    'read Person': any,
    'reveal Person': { of: 'any', for: ['support'] },
    'describe Token': any,
  },
  'privacy-officer': {
    ...inVault,
    ...makesRules,
    'read Person': any,
    'erase Person': any,
    'reveal Person': { of: 'any', for: ['rights-request', 'legal-obligation', 'safety-notice'] },
    'read ConsentEvidence': any,
    'revoke Guardianship': any,
    'describe Token': any,
    ...decides,
    ...seesStaff,
    ...suspends,
    ...minds,
    ...triesRules,
    ...readsKeys,
    'review Approval': any,
  },
  // Runs the platform, and sees nobody. Who is staff, and what a client may, they change with a second person's leave.
  admin: {
    ...inVault,
    ...makesRules,
    ...decides,
    ...seesStaff,
    ...suspends,
    ...minds,
    ...triesRules,
    ...readsKeys,
    'rotate Key': any,
    'change Staff': any,
    'change Client': any,
    'draft Rule': any,
    'enact Rule': any,
  },
  // Sees what was done to whom by commitments; a name only with a second person's leave.
  auditor: {
    ...inVault,
    ...readsLog,
    ...seesStaff,
    ...readsRules,
    ...readsKeys,
    'open Commitment': any,
    'break-glass Approval': own,
  },
};

/** What is known of their skin. No staff see any of it; some may have many of them counted. */
export const API_MODEL: Model = {
  person: {
    ...inSession,
    'read Consent': own,
    'give Consent': own,
    'withdraw Consent': own,
    'refuse Consent': own,
    'acknowledge Consent': own,
    'object Consent': own,
    'read OptOut': own,
    'make OptOut': own,
    'report Fault': own,
    'read Fault': own,
    'store Reading': own,
    'read Reading': own,
    'record PreferenceEvent': own,
    'read Recommendation': own,
    'store CohortFact': own,
    'read CohortFact': own,
    'read Product': any,
  },
  'identity-client': {},
  'health-client': {
    ...isClient,
    'report Fault': { of: 'own', with: 'fault-finding' },
    'store Reading': { of: 'own', with: 'ingest' },
    'read Reading': { of: 'own', with: 'ingest' },
    'record PreferenceEvent': { of: 'own', with: 'recommendation' },
    'read Recommendation': { of: 'own', with: 'recommendation' },
    'store CohortFact': { of: 'own', with: 'analytics' },
    'read CohortFact': { of: 'own', with: 'analytics' },
    'read Product': any,
    'import Product': { of: 'any', with: 'recommendation' },
  },
  'api-process': {},
  support: { ...inSession, 'read Product': any },
  'privacy-officer': {
    ...inSession,
    ...makesRules,
    'read Product': any,
    'read Register': any,
    'read OverdueOptOut': any,
    'count Cohort': any,
    ...holds,
  },
  admin: {
    ...inSession,
    ...makesRules,
    'read Product': any,
    'import Product': any,
    'read FaultCount': any,
    'count Cohort': any,
    ...holds,
  },
  auditor: {
    ...inSession,
    ...readsLog,
    'read Product': any,
    'read Register': any,
    'read OverdueOptOut': any,
  },
};

/** What any member of staff may do by being one, whatever the role. */
export const ANY_STAFF: Readonly<Record<'vault' | 'api', Abilities>> = {
  vault: inVault,
  api: { ...inSession, 'read Product': any },
};
