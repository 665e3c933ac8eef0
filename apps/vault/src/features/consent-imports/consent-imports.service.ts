import type { AuditLog } from '@integument/audit-log';
import { callerId, type Regions } from '@integument/authz';
import {
  type ConsentImportId,
  dayOf,
  type ImportRefusal,
  type ImportResult,
  type importConsents,
  type ReplyOf,
  type readConsentImport,
} from '@integument/contracts';
import { bytesKey, decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { grouped } from '../../platform/grouped.js';
import { Turns } from '../../platform/turns.js';
import { openedOr } from '../keys/index.js';
import { BROKEN, type PersonSealer, personBroken } from '../people/index.js';
import { consentImportRead, consentsImported } from './consent-imports.audit.js';
import { importNotFound } from './consent-imports.errors.js';
import type { Consenter, ConsentImportsStore, NewConsentRecord } from './consent-imports.store.js';
import type { AgeRefusal, ImportAges } from './import-ages.js';
import { recordPlace } from './record-place.js';
import { checkedConsent, type WantedImport } from './wanted-import.js';

/** Who the people of an import are, by the client's names, and who of them may not agree. */
interface Known {
  readonly people: ReadonlyMap<string, Consenter>;
  readonly unfit: ReadonlyMap<string, AgeRefusal>;
}

/** An entry of an import: what is to be kept of it, or why nothing is. */
type Outcome = Exclude<ImportResult, { accepted: true }> | NewConsentRecord;

/**
 * Takes consents that were given elsewhere before, with what proves them. Nothing is opened here: the data plane fetches what
 * it has to open, when and in the order that it likes; see `ImportedOpenings`.
 */
export class ConsentImportsService {
  constructor(
    private readonly store: ConsentImportsStore,
    private readonly sealer: PersonSealer,
    private readonly ages: ImportAges,
    private readonly audit: AuditLog,
    private readonly now: () => Date = () => new Date(),
  ) {}

  /** @param regions where the stored rules let the client's ability reach */
  async take(
    tx: Tx,
    asker: Asker,
    entries: readonly unknown[],
    regions: Regions,
  ): Promise<ReplyOf<typeof importConsents>> {
    const importId = randomId();
    const today = dayOf(this.now());
    const wanted = await new Turns().map(entries, (entry, at) => checkedConsent(entry, at, today));
    const whose = await this.whose(tx, asker, wanted, regions);
    const outcomes = await new Turns().map(wanted, (one) =>
      'code' in one ? one : this.prepare(importId, one, whose),
    );
    const prepared = outcomes.filter((one) => 'sealed' in one);
    const kept = prepared.length > 0 ? await this.store.insert(tx, importId, prepared) : new Set<number>();
    await this.store.insertImport(tx, importId, callerId(asker.caller));
    const results = outcomes.map((one) => resultOf(one, kept));
    const name = encodeId('imp', importId) as ConsentImportId;
    const accepted = prepared.filter(({ at }) => kept.has(at));
    await this.audit.append(tx, ...entriesOf(asker, name, accepted, results));
    return { import: name, accepted: kept.size, refused: entries.length - kept.size, results };
  }

  async read(tx: Tx, asker: Asker, name: ConsentImportId): Promise<ReplyOf<typeof readConsentImport>> {
    const state = await this.store.findState(tx, decodeId('imp', name), callerId(asker.caller));
    if (!state) throw importNotFound();
    await this.audit.append(tx, consentImportRead({ ...by(asker), object: name }));
    const { received_on: receivedOn, pending, done, refusals } = state;
    return { import: name, receivedOn, pending, done, refusals: [...refusals] };
  }

  private async whose(
    tx: Tx,
    asker: Asker,
    wanted: readonly (WantedImport | { readonly code: string })[],
    regions: Regions,
  ): Promise<Known> {
    const names = wanted.flatMap((one) => ('code' in one ? [] : [one.person]));
    if (names.length === 0) return { people: new Map(), unfit: new Map() };
    const people = await this.store.holdPeople(tx, callerId(asker.caller), names, regions);
    this.sealer.demandWarm(people);
    const ids = people.map(({ personId }) => personId);
    return {
      people: new Map(people.map((person) => [bytesKey(person.name), person])),
      unfit: await this.ages.refusals(tx, ids),
    };
  }

  /** Whether the person has decided here isn't asked: who brings it would learn that of anybody, and nothing would be written about them. */
  private prepare(importId: Buffer, wanted: WantedImport, known: Known): Outcome {
    const person = known.people.get(bytesKey(wanted.person));
    if (!person) return { code: 'people.not_found' };
    const unfit = known.unfit.get(bytesKey(person.personId));
    if (unfit) return { code: unfit };
    const { at, purpose, notice, givenOn, evidence } = wanted;
    const place = recordPlace(person, { import_id: importId, at, purpose });
    const sealed = openedOr(personBroken, () => this.sealer.sealBeside(person, place, evidence));
    if (!Buffer.isBuffer(sealed)) return { code: BROKEN };
    return { gate: randomId(), at, personId: person.personId, purpose, notice, givenOn, sealed };
  }
}

function resultOf(one: Outcome, kept: ReadonlySet<number>): ImportResult {
  if ('code' in one) return one;
  return kept.has(one.at) ? { accepted: true } : { code: 'consent_imports.repeated' };
}

/**
 * One for each purpose and one for each reason of a refusal: the request itself is no refusal. About each person there is one when
 * their permit is minted, which is when an import comes to anything.
 */
function entriesOf(
  asker: Asker,
  object: ConsentImportId,
  accepted: readonly NewConsentRecord[],
  results: readonly ImportResult[],
) {
  const facts = { ...by(asker), object };
  const taken = grouped(accepted, ({ purpose }) => purpose).map((same) =>
    consentsImported({ ...facts, purpose: same[0]?.purpose ?? '', count: same.length }),
  );
  const codes = results.flatMap((one): ImportRefusal[] => ('code' in one ? [one.code] : []));
  const refused = grouped(codes, (code) => code).map((same) =>
    consentsImported({ ...facts, outcome: 'refused', code: same[0] ?? '', count: same.length }),
  );
  return [...taken, ...refused];
}
