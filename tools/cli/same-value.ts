import { IDENTITY_FIELDS, type IdentityField, identityFields } from '@integument/contracts';

/**
 * Whether a value that the vault tells is the one that was sent, however that was written: it keeps a telephone number in one
 * form, and tells those who had the same deterministic token what the first of them wrote.
 */
export function isSameValue(field: string, sent: string, told: unknown): boolean {
  if (typeof told !== 'string') return false;
  return sent === told || formOf(field, sent) === formOf(field, told);
}

function formOf(field: string, text: string): string {
  const parsed = isIdentityField(field) ? identityFields.shape[field].safeParse(text) : undefined;
  if (parsed?.success && typeof parsed.data === 'string') return parsed.data.toLowerCase();
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\p{P}]/gu, '');
}

function isIdentityField(field: string): field is IdentityField {
  return IDENTITY_FIELDS.some((known) => known === field);
}
