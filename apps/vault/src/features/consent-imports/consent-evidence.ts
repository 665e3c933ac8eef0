import type { AuditLog } from '@integument/audit-log';
import type { Regions } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  CodedError,
  type NoticeHash,
  type ReplyOf,
  type readConsentEvidence,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import {
  evidencePlace,
  type GuardianshipsStore,
  guardianshipName,
  type ShownGuardianship,
} from '../guardianships/index.js';
import { openedOr } from '../keys/index.js';
import { CONSOLE, type PersonSealer, personBroken, personNotFound } from '../people/index.js';
import { consentEvidenceRead } from './consent-imports.audit.js';
import type { Consenter, ConsentImportsStore } from './consent-imports.store.js';
import { recordPlace } from './record-place.js';

type Proof = ReplyOf<typeof readConsentEvidence>['consents'][number]['evidence'];

/** What a privacy officer shows to whoever doubts a consent (GDPR Art. 7(1)), or that somebody may give it for a child (Art. 8(2)). */
export class ConsentEvidence {
  constructor(
    private readonly store: ConsentImportsStore,
    private readonly guardianships: GuardianshipsStore,
    private readonly sealer: PersonSealer,
    private readonly audit: AuditLog,
  ) {}

  async read(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { purpose, reason, client }: BodyOf<typeof readConsentEvidence>,
    regions: Regions,
  ): Promise<ReplyOf<typeof readConsentEvidence>> {
    // Also by the name that the client has which brought it: a search finds nobody without an email, a phone or an account.
    const [person] = await this.store.holdPeople(tx, client ?? CONSOLE, [decodeId('cps', name)], regions);
    if (!person) throw personNotFound();
    this.sealer.demandWarm([person]);
    const consents = (await this.store.findEvidence(tx, person.personId, purpose)).map((kept) => ({
      notice: kept.notice.toString('hex') as NoticeHash,
      givenOn: kept.given_on,
      receivedOn: kept.received_on,
      client: kept.client_id,
      evidence: JSON.parse(this.open(person, recordPlace(person, { ...kept, purpose }), kept)) as Proof,
    }));
    const shown = await this.guardianships.findEvidence(tx, person.personId, purpose);
    const guardianships = shown.map((one) => this.guardianshipOf(person, one));
    const details = { guardianships: guardianships.length };
    const facts = { ...by(asker), subject: person.subject, purpose, reason, count: consents.length, details };
    await this.audit.append(tx, consentEvidenceRead(facts));
    return { consents, guardianships };
  }

  private guardianshipOf(child: Consenter, one: ShownGuardianship) {
    return {
      guardianship: guardianshipName(one),
      purposes: [...one.purposes],
      madeOn: one.made_on,
      endsOn: one.ends_on,
      state: one.state,
      client: one.client_id,
      evidence: this.open(child, evidencePlace(one.guardianship, child.personId), one),
    };
  }

  private open(person: Consenter, place: Buffer, { evidence }: { readonly evidence: Buffer }): string {
    const text = openedOr(personBroken, () => this.sealer.openBeside(person, place, evidence));
    if (text instanceof CodedError) throw text;
    return text;
  }
}
