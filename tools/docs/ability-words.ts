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
    AuditLog: 'the vault’s log',
    Client: 'health clients',
    Erasure: 'those under way',
    Factor: 'the caller’s own',
    ModelKey: 'all',
    Opening:
      'within their day. One agrees to somebody else’s, never to one’s own, and opens one’s own, once, when it is agreed to',
    Permit: 'all',
    Person: 'a client: those it has a name for. Staff: everybody, by the console’s own names',
    Self: 'the signed-in person',
    Service: 'nothing',
    Session: 'the caller’s own',
    SessionEnding: 'those of the data plane that are to end',
    SignIn: 'to end: the caller’s own. To redeem: whoever holds the one-time code',
  },
  api: {
    Ability: 'the caller’s own',
    Alert: 'all of the API’s log',
    AlertRule: 'all of the API’s log',
    AuditLog: 'the API’s log',
    Consent: 'the person’s own',
    PreferenceEvent: OF_PERMIT,
    Product: 'all',
    Reading: OF_PERMIT,
    Recommendation: OF_PERMIT,
    Service: 'nothing',
    Session: 'the caller’s own',
  },
};
