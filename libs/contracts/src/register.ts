import { z } from 'zod';
import { LANGUAGES } from './languages.js';
import { PURPOSE_NAMES } from './purposes.js';
import { defineRoute } from './route.js';

/** The register of processing (GDPR Art. 30), and the notices that people read before they agree. */

const purpose = z.enum(PURPOSE_NAMES);
export const noticeHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .describe('SHA-256 of the notice’s document, in hexadecimal')
  .brand<'NoticeHash'>();
export type NoticeHash = z.output<typeof noticeHash>;

const notice = z.object({
  hash: noticeHash,
  purpose,
  version: z.int().describe('Rises with each change of any of the purpose’s texts'),
  language: z.enum(LANGUAGES),
  title: z.string(),
  text: z.string(),
  document: z.string().describe('What the hash is of, byte for byte in UTF-8: the fields above as JSON'),
  publishedOn: z.iso.date(),
  isCurrent: z.boolean().describe('Whether one can agree to it'),
});
export type NoticeView = z.output<typeof notice>;

export const currentNotices = defineRoute({
  id: 'register.current_notices',
  method: 'GET',
  path: '/v1/notices/:purpose',
  summary: 'What one agrees to just now, in each language',
  tag: 'Consent',
  audience: ['public'],
  params: z.strictObject({ purpose }),
  reply: z.object({ notices: z.array(notice) }),
});

export const readNotice = defineRoute({
  id: 'register.notice',
  method: 'GET',
  path: '/v1/notices/by-hash/:hash',
  summary: 'A notice as it was, by the hash that a receipt names',
  tag: 'Consent',
  audience: ['public'],
  params: z.strictObject({ hash: noticeHash }),
  reply: notice,
  problems: ['register.notice_unknown'],
});

export const REGISTER_FORMATS = ['html', 'json'] as const;
export type RegisterFormat = (typeof REGISTER_FORMATS)[number];
const READERS = {
  tag: 'Consent',
  audience: ['staff'],
  method: 'GET',
  ability: { action: 'read', resource: 'Register' },
  query: z.strictObject({ format: z.enum(REGISTER_FORMATS).default('html') }),
  media: ['text/html', 'application/json'],
} as const;

export const readRegister = defineRoute({
  ...READERS,
  query: READERS.query.extend({
    version: z.coerce.number().int().min(1).max(2_147_483_647).optional(),
  }),
  problems: ['register.version_unknown'],
  id: 'register.read',
  path: '/v1/register',
  summary: 'The record of processing activities (GDPR Art. 30) as this program carries it out',
});

export const readImpactAssessment = defineRoute({
  ...READERS,
  id: 'register.impact_assessment',
  path: '/v1/register/impact-assessment',
  summary:
    'What the program knows for a data protection impact assessment (GDPR Art. 35), with what is left to fill in',
});
