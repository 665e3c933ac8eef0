import { createHash } from 'node:crypto';
import type { Language, NoticeHash, PurposeName } from '@integument/contracts';

export interface NoticeText {
  readonly title: string;
  readonly text: string;
}

export interface Notice extends NoticeText {
  readonly purpose: PurposeName;
  readonly version: number;
  readonly language: Language;
  /** what the hash is of */
  readonly document: string;
  readonly hash: NoticeHash;
}

export type NoticeTexts = Readonly<Partial<Record<Language, NoticeText>>>;

/** A version of a purpose's texts: all languages together, so that who agrees in one agrees to the same as in another. */
export function noticesOf(purpose: PurposeName, version: number, texts: NoticeTexts): Notice[] {
  const languages = Object.entries(texts).sort(([one], [other]) => (one < other ? -1 : 1));
  return languages.map(([language, { title, text }]) => {
    const document = JSON.stringify({ purpose, version, language, title, text });
    return {
      purpose,
      version,
      language: language as Language,
      title,
      text,
      document,
      hash: hashOf(document),
    };
  });
}

/** A notice as it was stored. */
export function noticeFrom(document: string): Notice {
  const { purpose, version, language, title, text } = JSON.parse(document) as Omit<
    Notice,
    'document' | 'hash'
  >;
  return { purpose, version, language, title, text, document, hash: hashOf(document) };
}

function hashOf(document: string): NoticeHash {
  return createHash('sha256').update(document, 'utf8').digest('hex') as NoticeHash;
}
