import {
  dayAfter,
  type ImportResult,
  importedConsent,
  type PurposeName,
  purposeNamed,
} from '@integument/contracts';
import { decodedOrNull } from '@integument/crypto';
import { wrongFields } from '../../platform/wrong-fields.js';

/** A consent that could be taken, as far as it says itself. */
export interface WantedImport {
  readonly at: number;
  readonly person: Buffer;
  readonly purpose: PurposeName;
  readonly notice: Buffer;
  readonly givenOn: string;
  /** as it is kept */
  readonly evidence: string;
}

type Refused = Exclude<ImportResult, { accepted: true }>;

/** @param today UTC, as all days of consents */
export function checkedConsent(entry: unknown, at: number, today: string): WantedImport | Refused {
  const parsed = importedConsent.safeParse(entry);
  if (!parsed.success) return { code: 'request.invalid', fields: wrongFields(parsed.error) };
  const { person, purpose, notice, givenOn, evidence } = parsed.data;
  const name = decodedOrNull('cps', person);
  if (!name) return { code: 'people.not_found' };
  const { ground, consentDays } = purposeNamed(purpose);
  if (ground !== 'consent') return { code: 'consent_imports.not_on_consent' };
  if (givenOn > today) return { code: 'consent_imports.in_the_future' };
  if (dayAfter(givenOn, consentDays) <= today) return { code: 'consent_imports.too_old' };
  return {
    at,
    person: name,
    purpose,
    notice: Buffer.from(notice, 'hex'),
    givenOn,
    evidence,
  };
}
