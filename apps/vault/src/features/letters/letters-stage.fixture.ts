import type {
  ClientPseudonym,
  GateId,
  LetterKey,
  LetterRequest,
  SomeIdentityFields,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { API, type TestVault } from '../../vault.fixture.js';

export interface Somebody {
  readonly name: ClientPseudonym;
  readonly gate: GateId;
  readonly email: string;
}

let people = 0;
export const newKey = () => encodeId('ltk', randomId()) as LetterKey;
export const newGate = () => encodeId('gat', randomId()) as GateId;
export const stay = () => new AbortController().signal;

/** Somebody with an open permit. */
export async function somebody(vault: TestVault, fields: SomeIdentityFields = {}): Promise<Somebody> {
  const email = `canary-${++people}-${Date.now()}@example.org`;
  const name = (await vault.enrol({ fields: { email, ...fields } })) as ClientPseudonym;
  const session = await vault.sessionOf(await vault.personIdOf(name));
  const gate = newGate();
  await vault.unitOfWork.run((tx) =>
    vault.permitOpenings.open(tx, API, { session, purpose: 'ingest', gate, epoch: 1 }),
  );
  return { name, gate, email };
}

export async function request(vault: TestVault, ...letters: LetterRequest[]) {
  return (await vault.unitOfWork.run((tx) => vault.letters.request(tx, API, { letters }))).results;
}

/** A letter of any kind. */
export function letterTo({ gate }: Pick<Somebody, 'gate'>, key = newKey()): LetterRequest {
  return { gate, key, template: 'consent-ended' };
}

export interface LetterRow {
  readonly state: string;
  readonly attempts: number;
  readonly language: string;
  /** seconds until the next attempt */
  readonly pause: number;
}

export async function lettersOf(vault: TestVault, { name }: Somebody): Promise<LetterRow[]> {
  return vault.query<LetterRow>(
    `SELECT state, attempts, language, extract(epoch FROM next_attempt_at - now())::float8 AS pause
     FROM letter WHERE person_id = $1 ORDER BY letter_id`,
    [await vault.personIdOf(name)],
  );
}

/** Every letter that waits is due now. */
export async function due(vault: TestVault): Promise<void> {
  await vault.query(`UPDATE letter SET next_attempt_at = now() - interval '1 second' WHERE state = 'queued'`);
}

/** What the log says of letters. */
export async function letterEntries(vault: TestVault) {
  return (await vault.entries()).filter(({ action }) => action.startsWith('letters.'));
}
