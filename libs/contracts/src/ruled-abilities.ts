/** What a stored rule can ask of a request besides who sends it. `hours` is known of every one. */
export const RULE_ATTRIBUTES = ['purpose', 'category', 'region', 'ticket', 'reasons'] as const;
export type RuleAttribute = (typeof RULE_ATTRIBUTES)[number];

export const RULED_APPS = ['vault', 'api'] as const;
export type RuledApp = (typeof RULED_APPS)[number];

/**
 * What stored rules can narrow, and what is known when it is done, beside the hour. A condition on anything else would never
 * hold, so such a rule is refused. Rules concern staff and clients: a person's own rights are nobody's to narrow.
 */
export const RULED_ABILITIES = {
  vault: {
    'enrol Person': ['region'],
    'read Person': ['region'],
    'update Person': ['region'],
    'erase Person': ['region', 'ticket', 'reasons'],
    'reveal Person': ['purpose', 'category', 'region', 'ticket', 'reasons'],
    'make Token': ['region'],
    'describe Token': ['region'],
    'remove Token': ['region'],
    'make ConsentImport': ['region'],
    'read ConsentImport': [],
    'read ConsentEvidence': ['region', 'ticket', 'reasons'],
    'make Guardianship': ['region'],
    'read Guardianship': ['region'],
    'revoke Guardianship': ['region'],
    'report Bounce': [],
    'open Commitment': [],
    'read Staff': [],
    'change Staff': [],
    'read Client': [],
    'change Client': [],
    'read Webhook': [],
    'change Webhook': [],
    'replay Webhook': [],
    'ping Service': [],
  },
  api: {
    'report Fault': [],
    'store Reading': ['category'],
    'read Reading': ['category'],
    'record PreferenceEvent': [],
    'read Recommendation': [],
    'store CohortFact': [],
    'read CohortFact': [],
    'count Cohort': [],
    'record Hold': [],
    'read Hold': [],
    'lift Hold': [],
    'import Product': [],
    'ping Service': [],
  },
} as const satisfies Readonly<Record<RuledApp, Readonly<Record<string, readonly RuleAttribute[]>>>>;

/**
 * What no stored rule can take away from staff and clients. First the way back out of a bad rule, which takes rules, approvals, a session
 * and a second factor; then what those who are watched must not take from those who watch; then what tells nothing.
 */
export const NEVER_RULED: ReadonlySet<string> = new Set([
  'read Rule',
  'try Rule',
  'draft Rule',
  'enact Rule',
  'request Approval',
  'read Approval',
  'decide Approval',
  'review Approval',
  'break-glass Approval',
  'enrol Factor',
  'use Factor',
  'remove Factor',
  'continue Session',
  'end SignIn',
  // In an emergency nobody waits for the hours of a rule.
  'suspend Client',
  'remove Webhook',
  'end Guardianship',
  'read Key',
  'rotate Key',
  'read AuditLog',
  'read Alert',
  'read AlertRule',
  'change AlertRule',
  'read Ability',
  'read Product',
  // A supervisory authority asks for it.
  'read Register',
  'read OverdueOptOut',
  'read FaultCount',
]);

/** @returns null for what no rule can be about */
export function attributesOf(app: RuledApp, ability: string): readonly RuleAttribute[] | null {
  const abilities: Readonly<Record<string, readonly RuleAttribute[]>> = RULED_ABILITIES[app];
  return Object.hasOwn(abilities, ability) ? (abilities[ability] ?? null) : null;
}
