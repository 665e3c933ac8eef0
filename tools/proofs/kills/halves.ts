import type { PlatformInfo } from '@integument/testing';
import { query } from './settle.js';

interface GateRow {
  readonly gate: string;
  readonly state: 'opening' | 'open' | 'frozen' | 'destroyed';
  readonly epoch: number;
  readonly pseudonym: string | null;
}

/** Where the two halves of a permit, in two databases, contradict each other. Empty is as it should be. */
export async function contradictions(info: PlatformInfo): Promise<string[]> {
  const columns = "encode(gate_id, 'hex') AS gate, state, epoch, encode(pseudonym, 'hex') AS pseudonym";
  const gates = await query<GateRow>(info, 'platform', `SELECT ${columns} FROM permit_gate`);
  const permits = await query<GateRow>(info, 'vault', `SELECT ${columns} FROM permit`);
  const permitOf = new Map(permits.map((permit) => [permit.gate, permit]));
  const known = new Set(gates.map(({ gate }) => gate));
  const orphans = permits.filter(({ gate, state }) => state !== 'destroyed' && !known.has(gate));
  return [
    ...gates.flatMap((gate) => contradiction(gate, permitOf.get(gate.gate))),
    ...orphans.map(({ gate, state }) => `permit ${gate} is ${state} and has no gate`),
  ];
}

function contradiction(gate: GateRow, permit: GateRow | undefined): string[] {
  const say = (what: string) => [`gate ${gate.gate}: ${what}`];
  const theirs = permit ? `${permit.state} at epoch ${permit.epoch}` : 'unknown';
  if (gate.state === 'opening') return say('still opening');
  if (gate.state === 'open' && permit?.state !== 'open') return say(`open, its permit ${theirs}`);
  if (gate.state !== 'open' && permit?.state === 'open') return say(`${gate.state}, its permit ${theirs}`);
  if (gate.state === 'destroyed')
    return permit?.state === 'frozen' ? say('destroyed, its key still there') : [];
  if (permit && permit.state !== 'destroyed' && permit.epoch !== gate.epoch)
    return say(`at epoch ${gate.epoch}, its permit ${theirs}`);
  if (permit?.pseudonym && gate.pseudonym && permit.pseudonym !== gate.pseudonym)
    return say('has another pseudonym than its permit');
  return [];
}

/** Rows that only half of an operation would leave; each query must find nothing. */
const HALVES: Readonly<Record<string, readonly [database: 'vault' | 'platform', sql: string]>> = {
  'a person of the shop without all three values': [
    'vault',
    `SELECT person_id FROM client_pseudonym LEFT JOIN identity_value USING (person_id) WHERE client_id = 'brand-shop'
     GROUP BY person_id HAVING count(field) <> 3`,
  ],
  'a person whom neither a client nor an account leads to': [
    'vault',
    `SELECT 1 FROM person p WHERE NOT EXISTS (SELECT FROM client_pseudonym c WHERE c.person_id = p.person_id)
     AND NOT EXISTS (SELECT FROM account a WHERE a.person_id = p.person_id)`,
  ],
  'a client pseudonym of nobody': [
    'vault',
    'SELECT 1 FROM client_pseudonym c WHERE NOT EXISTS (SELECT FROM person p WHERE p.person_id = c.person_id)',
  ],
  'an email that two people have': [
    'vault',
    "SELECT digest FROM identity_value WHERE field = 'email' GROUP BY digest HAVING count(*) > 1",
  ],
  'somebody who is being erased for ever': ['vault', 'SELECT 1 FROM person WHERE erasing'],
  'readings of no gate': [
    'platform',
    'SELECT 1 FROM reading_chunk r WHERE NOT EXISTS (SELECT FROM permit_gate g WHERE g.pseudonym = r.pseudonym)',
  ],
  'events of no gate': [
    'platform',
    'SELECT 1 FROM preference_event e WHERE NOT EXISTS (SELECT FROM permit_gate g WHERE g.pseudonym = e.pseudonym)',
  ],
  'an open gate without the consent that opened it': [
    'platform',
    `SELECT 1 FROM permit_gate g WHERE state = 'open' AND NOT EXISTS (
       SELECT FROM consent_event c WHERE c.gate_id = g.gate_id AND c.epoch = g.epoch AND kind <> 'withdrawn')`,
  ],
};

/** What is half-done. Empty is as it should be. */
export async function halves(info: PlatformInfo): Promise<string[]> {
  const found: string[] = [];
  for (const [what, [database, sql]] of Object.entries(HALVES)) {
    const rows = await query(info, database, sql);
    if (rows.length > 0) found.push(`${rows.length} × ${what}`);
  }
  return found;
}
