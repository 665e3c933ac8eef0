import { createHash } from 'node:crypto';
import type { ConsentEventKind, EventChannel } from '@integument/contracts';
import { context } from '@integument/crypto';
import type { Notice, OfferedPurpose, Party, Register } from '../register/index.js';

/** What happened, as a receipt says it. */
export interface ReceiptFacts {
  readonly gate: Buffer;
  /** of the gate's events */
  readonly number: number;
  readonly kind: ConsentEventKind;
  /** when it was; ISO 8601, of what was imported the day alone */
  readonly at: string;
  /** when the receipt was written */
  readonly created: Date;
  /** the person's name in this purpose; null where nothing began, and they have none */
  readonly pseudonym: string | null;
  readonly purpose: OfferedPurpose;
  /** whether the register says anything of the purpose */
  readonly isOffered: boolean;
  /** what it was about: of what ends, what was agreed to last; null where nothing was shown */
  readonly notice: (Pick<Notice, 'hash'> & Partial<Notice>) | null;
  readonly channel: EventChannel;
  /** how long it is good for; null of what ends */
  readonly validUntil: string | null;
}

const CONTEXT = {
  dct: 'http://purl.org/dc/terms/',
  dpv: 'https://w3id.org/dpv#',
  loc: 'https://w3id.org/dpv/loc#',
  'eu-gdpr': 'https://w3id.org/dpv/legal/eu/gdpr#',
  integument: 'urn:integument:',
};
const SCHEMA = 'https://w3id.org/dpv/schema/dpv-27560#';

const STATUS: Readonly<Record<ConsentEventKind, string>> = {
  given: 'dpv:ConsentGiven',
  renewed: 'dpv:RenewedConsentGiven',
  refused: 'dpv:ConsentRefused',
  withdrawn: 'dpv:ConsentWithdrawn',
  expired: 'dpv:ConsentExpired',
  // Nobody has to give a reason for it where there is consent; it is said by a signal for instance.
  objected: 'dpv:ConsentRefused',
  informed: 'dpv:ConsentUnknown',
};
/** Where the ground is a legitimate interest. */
const INTEREST_STATUS: Readonly<Record<ConsentEventKind, string>> = {
  informed: 'dpv:LegitimateInterestInformed',
  given: 'dpv:LegitimateInterestNotObjected',
  renewed: 'dpv:LegitimateInterestNotObjected',
  refused: 'dpv:LegitimateInterestObjected',
  objected: 'dpv:LegitimateInterestObjected',
  withdrawn: 'dpv:LegitimateInterestObjected',
  expired: 'dpv:LegitimateInterestUninformed',
};
const LEGAL_BASIS: Readonly<Record<OfferedPurpose['ground'], string>> = {
  consent: 'eu-gdpr:A6-1-a',
  'legal-obligation': 'eu-gdpr:A6-1-c',
  'legitimate-interest': 'eu-gdpr:A6-1-f',
};
const CONTROL = {
  '@type': 'dpv:WithdrawConsent',
  'dct:description': 'At any time, where it was given: by one request, without a reason',
};
const RIGHTS = ['A7-3', 'A15', 'A16', 'A17', 'A18', 'A20', 'A77'].map((article) => `eu-gdpr:${article}`);

/**
 * A receipt of one change of mind, with a copy of the record: the fields of ISO/IEC TS 27560:2023, in the terms of the W3C Data Privacy
 * Vocabulary (its guide for that standard), as JSON-LD that brings its own context.
 */
export function consentReceipt(facts: ReceiptFacts, register: Register): object {
  const { controller } = register.document;
  const id = receiptId(facts.gate, facts.number);
  return {
    '@context': CONTEXT,
    '@id': `integument:receipt:${id}`,
    '@type': facts.purpose.ground === 'consent' ? 'dpv:ConsentReceipt' : 'integument:Receipt',
    'dct:identifier': id,
    'dct:conformsTo': `${SCHEMA}receipt-eu-gdpr`,
    'dct:created': facts.created.toISOString(),
    'dct:publisher': party('dpv:DataController', controller),
    'dpv:hasRecordOfActivity': record(facts, register),
    ...(isUnderRegister(facts) && {
      'integument:register': { version: register.version, sha256: register.hash },
    }),
  };
}

/** What was agreed to elsewhere before was not agreed to under the register of today. */
function isUnderRegister({ channel }: ReceiptFacts): boolean {
  return channel !== 'import';
}

/** Not a gate's own name, by which vault and API speak of it. */
function receiptId(gate: Buffer, number: number): string {
  return digest(context('integument/consent-receipt/v1', gate, number));
}

function record(facts: ReceiptFacts, { document }: Register): object {
  const { gate, purpose, notice, kind, at, pseudonym, channel, validUntil } = facts;
  const isConsent = purpose.ground === 'consent';
  return {
    '@type': isConsent ? 'dpv:ConsentRecord' : 'integument:Record',
    'dct:identifier': digest(context('integument/consent-record/v1', gate)),
    'dct:conformsTo': `${SCHEMA}record-eu-gdpr`,
    'dpv:hasDataSubject': { '@type': 'dpv:DataSubject', ...(pseudonym && { 'dct:identifier': pseudonym }) },
    'dpv:hasDataController': party('dpv:DataController', document.controller),
    'dpv:hasJurisdiction': `loc:${document.controller.country}`,
    'dpv:hasApplicableLaw': 'eu-gdpr:GDPR',
    'dpv:hasLegalBasis': legalBasis(purpose),
    ...(notice && { 'dpv:hasNotice': noticeSeen(notice, isConsent) }),
    'dpv:hasProcess': processing(purpose, facts.isOffered && isUnderRegister(facts)),
    ...(isConsent && { 'dpv:hasConsentControl': CONTROL }),
    'dpv:hasRight': isConsent ? RIGHTS : ['eu-gdpr:A21', ...RIGHTS.slice(1)],
    'dpv:hasAuthority': {
      '@type': 'dpv:DataProtectionAuthority',
      'dpv:hasName': document.authority.name,
      'dpv:hasContact': document.authority.url,
    },
    [isConsent ? 'dpv:hasConsentStatus' : 'dpv:hasStatus']: {
      '@type': (isConsent ? STATUS : INTEREST_STATUS)[kind],
      'dct:date': at,
      ...(validUntil && { 'dct:valid': validUntil }),
      'dpv:isIndicatedBy': whoSaid(kind, channel),
      'dpv:hasIndicationMethod': channel,
      ...(isConsent && { 'dpv:hasLegalBasis': expression(purpose) }),
    },
  };
}

function whoSaid(kind: ConsentEventKind, channel: EventChannel): string {
  if (kind === 'expired' || kind === 'informed') return 'dpv:DataController';
  return channel === 'guardian' ? 'dpv:GuardianOfDataSubject' : 'dpv:DataSubject';
}

function noticeSeen(
  { hash, document, language, title }: NonNullable<ReceiptFacts['notice']>,
  isConsent: boolean,
): object {
  return {
    '@type': isConsent ? 'dpv:ConsentNotice' : 'dpv:PrivacyNotice',
    'dct:identifier': `sha256:${hash}`,
    ...(document && { 'dct:language': language, 'dct:title': title, 'integument:wording': document }),
  };
}

function expression({ article9 }: OfferedPurpose): string {
  return article9 ? 'dpv:ExplicitlyExpressedConsent' : 'dpv:ExpressedConsent';
}

/** @param isKnown who gets the data, and where it lies: nothing is said where nobody knows, rather than that nobody gets it */
function processing(purpose: OfferedPurpose, isKnown: boolean): object {
  const special = purpose.article9 ? 'dpv:SpecialCategoryPersonalData' : 'dpv:PersonalData';
  return {
    '@type': 'dpv:Process',
    'dpv:hasPurpose': { '@type': purpose.dpv, 'dct:identifier': purpose.name, 'dct:title': purpose.title },
    'dpv:hasPersonalData': purpose.categories.map((name) => ({ '@type': special, 'dct:identifier': name })),
    'dpv:hasDataSource': 'dpv:DataSubject',
    ...(isKnown && { 'dpv:hasRecipient': purpose.recipients.map(recipient) }),
    'dpv:hasStorageCondition': [
      ...(isKnown ? [storedIn(purpose)] : []),
      { '@type': 'dpv:StorageDuration', 'dpv:hasDuration': days(purpose.retentionDays) },
      // After a withdrawal.
      { '@type': 'dpv:StorageDeletion', 'dpv:hasDuration': days(purpose.eraseAfterWithdrawalDays) },
    ],
  };
}

function recipient(one: OfferedPurpose['recipients'][number]): object {
  return party(one.role === 'processor' ? 'dpv:DataProcessor' : 'dpv:ThirdParty', one);
}

function storedIn({ regions }: OfferedPurpose): object {
  return { '@type': 'dpv:StorageLocation', 'dpv:hasLocation': regions.map((country) => `loc:${country}`) };
}

function legalBasis({ ground, article9 }: OfferedPurpose): string[] {
  return article9 ? [LEGAL_BASIS[ground], 'eu-gdpr:A9-2-a'] : [LEGAL_BASIS[ground]];
}

function party(role: string, { name, address, country, email, url }: Party): object {
  return {
    '@type': role,
    'dct:identifier': name,
    'dpv:hasName': name,
    'dpv:hasAddress': `${address}, ${country}`,
    'dpv:hasContact': url ? [email, url] : [email],
  };
}

/** ISO 8601. */
function days(count: number): string {
  return `P${count}D`;
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 32);
}
