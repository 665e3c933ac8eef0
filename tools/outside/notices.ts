import { createHash } from 'node:crypto';
import type { NoticeHash, PurposeName } from '@integument/contracts';
import { DEMO_REGISTER } from '../run/demo-register.js';

/** What people agree to in the embedded run, in its first version: worked out from its texts, as who checks a receipt would. */
export function noticeOf(purpose: PurposeName, language: 'de' | 'en' = 'en'): NoticeHash {
  const { title, text } = DEMO_REGISTER.purposes[purpose].notices[language];
  const document = JSON.stringify({ purpose, version: 1, language, title, text });
  return createHash('sha256').update(document, 'utf8').digest('hex') as NoticeHash;
}
