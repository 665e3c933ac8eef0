import { ruleText } from '@integument/authz';
import { DAYS, type RuleDocument, ruleDocument } from '@integument/contracts';
import pg from 'pg';

const COUNT = 10_000;
const ZONES = ['Europe/Berlin', 'America/Los_Angeles', 'Asia/Kolkata', 'UTC'];
const EVERY_DAY = { days: [...DAYS], from: '00:00', to: '24:00' };
const ROLES = ['support', 'privacy-officer', 'admin', 'auditor'] as const;
const ABILITIES = ['read Person', 'update Person', 'erase Person', 'enrol Person', 'change Staff'];

/**
 * Rules of a large company, of which some forty ask the hour of every request of the client that the bench sends as, and the others are
 * about other clients, roles, abilities and the other app.
 */
export function tenThousandRules(client: string): RuleDocument {
  const rules = Array.from({ length: COUNT }, (_, at) => ({ id: `rule-${at}`, ...ruleAt(at, client) }));
  return ruleDocument.parse({ format: 1, rules, reveals: [] });
}

function ruleAt(at: number, client: string) {
  const hours = { ...EVERY_DAY, timeZone: ZONES[at % ZONES.length] };
  const night = { ...hours, from: '00:00', to: '00:01' };
  const only = [{ hours: night }, { hours }];
  const ping = { app: 'vault', action: 'ping', resource: 'Service', only };
  const [action, resource] = (ABILITIES[at % ABILITIES.length] ?? '').split(' ');
  if (at < 30) return { ...ping, who: { clients: [client] } };
  if (at < 40) return ping;
  if (at % 4 === 0) return { ...ping, who: { clients: [`client-${at % 500}`] } };
  if (at % 4 === 1) return { ...ping, app: 'api', who: { clients: [client] } };
  if (at % 4 === 2) return { app: 'vault', action, resource, who: { clients: [client] }, only };
  return { app: 'vault', action, resource, who: { roles: [ROLES[at % ROLES.length]] }, only };
}

/** Puts them in force before any process reads what is. */
export async function storeRules(url: string, document: RuleDocument): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(
      `INSERT INTO rule_version (version, document, digest, rules, reveals, enacted_at)
       VALUES (2, $1, sha256(convert_to($1, 'UTF8')), $2, 0, now())`,
      [ruleText(document), document.rules.length],
    );
    await client.query('UPDATE rule_in_force SET version = 2');
  } finally {
    await client.end();
  }
}
