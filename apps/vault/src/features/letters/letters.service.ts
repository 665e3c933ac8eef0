import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type Language,
  LETTER_REFUSALS,
  type LetterRefusal,
  type LetterRequest,
  type LetterTemplate,
  type ReplyOf,
  type reportBounces,
  type requestLetters,
  type VaultLetter,
} from '@integument/contracts';
import { decodedOrNull, decodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { Addressee, Addressees } from '../people/index.js';
import { bouncesReported, letterRequested } from './letters.audit.js';
import type { LettersStore, NewLetter } from './letters.store.js';

/** Who brings a letter about: an asker, or the vault by itself. */
type Facts = ReturnType<typeof by> | Pick<ReturnType<typeof by>, 'actor' | 'outcome'>;

/** What a letter says. */
interface Wanted {
  readonly template: LetterTemplate;
  readonly on?: string;
}

type Result = ReplyOf<typeof requestLetters>['results'][number];

/** What is asked of the vault about letters. It tells nobody to whom one goes. */
export class LettersService {
  constructor(
    private readonly store: LettersStore,
    private readonly addressees: Addressees,
    private readonly audit: AuditLog,
    /** of those who have chosen none */
    private readonly language: Language,
  ) {}

  /** Keeps letters to be sent. A key that is known already is answered as it was, whatever has become of the letter. */
  async request(
    tx: Tx,
    asker: Asker,
    { letters }: BodyOf<typeof requestLetters>,
  ): Promise<ReplyOf<typeof requestLetters>> {
    const keys = letters.map(({ key }) => decodeId('ltk', key));
    const known = new Set((await this.store.findKeys(tx, keys)).map(hex));
    const people = await this.peopleBehind(tx, letters);
    const wanted = new Map<string, NewLetter & Pick<Addressee, 'subject'>>();
    const results = letters.map((letter, at): Result => {
      const key = keys[at] as Buffer;
      if (known.has(hex(key)) || wanted.has(hex(key))) return { accepted: true };
      const addressee = people.get(hex(decodeId('gat', letter.gate)));
      const refusal = refusalOf(addressee);
      if (refusal || !addressee) return { code: refusal ?? 'letters.nobody' };
      wanted.set(hex(key), this.newLetter(key, letter, addressee));
      return { accepted: true };
    });
    const written = await this.store.insert(tx, [...wanted.values()]);
    const made = written.flatMap((key) => wanted.get(hex(key)) ?? []);
    await this.audit.append(tx, ...entriesOf(asker, made, results));
    return { results };
  }

  /**
   * Of the vault's own accord, to somebody whom it means itself. Where they can't be written to it is noted, and keeps nothing else from
   * being done.
   */
  async tell(tx: Tx, facts: Facts, personId: Buffer, template: VaultLetter): Promise<void> {
    const [addressee] = await this.addressees.find(tx, [personId]);
    const code = refusalOf(addressee);
    if (code || !addressee) {
      const refused = { ...facts, outcome: 'refused', code: code ?? 'letters.nobody' } as const;
      await this.audit.append(tx, letterRequested({ ...refused, count: 1, details: {} }));
      return;
    }
    await this.store.insert(tx, [this.newLetter(randomId(), { template }, addressee)]);
    await this.audit.append(
      tx,
      letterRequested({ ...facts, subject: addressee.subject, details: { template } }),
    );
  }

  /** Whoever reports isn't told which of the letters there are. */
  async reportBounces(tx: Tx, asker: Asker, { letters, kind }: BodyOf<typeof reportBounces>): Promise<void> {
    const ids = letters.flatMap((id) => decodedOrNull('ltr', id) ?? []);
    const subjects = await this.store.takeBack(tx, ids);
    const facts = { ...by(asker), details: { kind } };
    const entries = subjects.map((subject) => bouncesReported({ ...facts, subject }));
    await this.audit.append(
      tx,
      ...(entries.length > 0 ? entries : [bouncesReported({ ...facts, count: 0 })]),
    );
  }

  /** By gate, in hexadecimal. */
  private async peopleBehind(tx: Tx, letters: readonly LetterRequest[]): Promise<Map<string, Addressee>> {
    const gates = [...new Set(letters.map(({ gate }) => gate))].map((gate) => decodeId('gat', gate));
    const behind = await this.store.findPeople(tx, gates);
    const found = await this.addressees.find(
      tx,
      behind.map(({ personId }) => personId),
    );
    const byPerson = new Map(found.map((addressee) => [hex(addressee.personId), addressee]));
    return new Map(
      behind.flatMap(({ gate, personId }) => {
        const addressee = byPerson.get(hex(personId));
        return addressee ? [[hex(gate), addressee] as const] : [];
      }),
    );
  }

  private newLetter(key: Buffer, letter: Wanted, { personId, subject, language }: Addressee) {
    return {
      id: randomId(),
      key,
      personId,
      subject,
      template: letter.template,
      on: letter.on ?? null,
      language: language ?? this.language,
    };
  }
}

function refusalOf(addressee: Addressee | undefined): LetterRefusal | null {
  if (!addressee) return 'letters.nobody';
  if (addressee.email === 'none') return 'letters.no_address';
  return addressee.email === 'undeliverable' ? 'letters.undeliverable' : null;
}

/** One about each whom a letter is for, and one for each reason why there is none. */
function entriesOf(
  asker: Asker,
  made: readonly (NewLetter & Pick<Addressee, 'subject'>)[],
  results: readonly Result[],
) {
  const facts = by(asker);
  const entries = made.map(({ subject, template }) =>
    letterRequested({ ...facts, subject, details: { template } }),
  );
  for (const code of LETTER_REFUSALS) {
    const count = results.filter((result) => 'code' in result && result.code === code).length;
    if (count > 0) entries.push(letterRequested({ ...facts, outcome: 'refused', code, count, details: {} }));
  }
  // All of them were asked for before.
  if (entries.length === 0) entries.push(letterRequested({ ...facts, count: 0, details: {} }));
  return entries;
}

function hex(bytes: Buffer): string {
  return bytes.toString('hex');
}
