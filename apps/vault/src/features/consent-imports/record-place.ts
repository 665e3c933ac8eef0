import { context } from '@integument/crypto';
import type { KeyHolder } from '../people/index.js';
import type { NewConsentRecord } from './consent-imports.store.js';

/** In which row what proves a consent lies; in another one it doesn't open. */
export function recordPlace(
  { personId }: KeyHolder,
  { import_id, at, purpose }: Pick<NewConsentRecord, 'at' | 'purpose'> & { readonly import_id: Buffer },
): Buffer {
  return context('consent_record', import_id, at, personId, purpose);
}
