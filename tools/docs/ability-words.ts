const OF_PERMIT =
  'a person: of their own permit. A client: of one that it was handed. The permit’s gate must be open';

/**
 * Which objects of a resource an ability reaches. Policies grant actions; whose something is, the routes, services and stores
 * decide, so this is written by hand. A resource without words here stops the generation.
 */
export const REACHES: Readonly<Record<'vault' | 'api', Readonly<Record<string, string>>>> = {
  vault: {
    Ability: 'the caller’s own',
    Alert: 'all of the vault’s log',
    AlertRule: 'all of the vault’s log',
    Approval:
      'a requester: their own. Who decides: others’, of operations that declare a role of theirs, and none that is about themselves. The API: one whose id it was given, in a session of the requester',
    AuditLog: 'the vault’s log',
    Bounce: 'of letters whose Message-ID the client has, which mail servers alone are told',
    Client:
      'all to see and to suspend; to change, those that the console registered, with an approval, and to lift a suspension of any. The API: that of a credential which a token names',
    Commitment: 'any, with an approval for just that one',
    ConsentEvidence: 'everybody’s, by the console’s own names or a client’s, for a reason',
    ConsentImport:
      'a client: its own, of people whom it has a name for. The API: what waits to be opened, and not whose it is',
    ConsentEnding: 'those of which the guardianship is over',
    Erasure: 'those under way',
    Factor: 'the caller’s own; to remove the last, an admin: anybody’s, with an approval',
    Guardianship:
      'a client: those that it recorded; to make one, of people it has names for. To revoke: everybody’s, for a reason',
    Key: 'versions and dates of all; to rotate, any but the one that makes names. Nobody gets a key, or destroys one before its time',
    Letter: 'to anybody behind a gate; their addresses stay in the vault',
    ModelKey: 'all',
    OwnGuardian: 'those in which somebody answers for them',
    OwnGuardianship: 'those in which they answer for a child',
    Permit: 'all',
    Person: 'a client: those it has a name for. Staff: everybody, by the console’s own names',
    Rule: 'all versions; in force only with an approval for just that one. No stored rule narrows this',
    Self: 'the signed-in person',
    Service: 'nothing',
    Session: 'the caller’s own',
    SessionEnding: 'those of the data plane that are to end',
    SignIn: 'to end: the caller’s own. To redeem: whoever holds the one-time code',
    Token:
      'a client: its own, and those of domains that it shares; to make one for a person, those it has a name for. Staff: everybody’s, and not their values',
    Webhook: 'of all identity clients; where they are told and how that goes, not of whom',
    Staff: 'all to see; to change, those that the console appointed, except oneself, with an approval',
  },
  api: {
    Ability: 'the caller’s own',
    Alert: 'all of the API’s log',
    AlertRule: 'all of the API’s log',
    AuditLog: 'the API’s log',
    Cohort: 'all who agree to be counted now, as numbers; small ones are not told',
    CohortFact: OF_PERMIT,
    Consent: 'the person’s own',
    Fault: OF_PERMIT,
    FaultCount: 'how often which one comes, of nobody',
    Hold: 'any permit’s, by the pseudonym that its person has; to see and to lift, all, and not whose they are',
    OptOut: 'the person’s own',
    OverdueOptOut: 'how many and since when; nobody’s data is in it',
    PreferenceEvent: OF_PERMIT,
    Product: 'all',
    Reading: OF_PERMIT,
    Recommendation: OF_PERMIT,
    Register: 'the whole; nobody’s data is in it',
    Service: 'nothing',
    Session: 'the caller’s own',
  },
};
