import { readFile } from 'node:fs/promises';
import { LANGUAGES, PURPOSE_NAMES } from '@integument/contracts';
import { z } from 'zod';

const words = z.string().trim().min(1).max(500);
const country = z.string().regex(/^[A-Z]{2}$/);
const party = { name: words, address: words, country, email: z.email(), url: z.url().optional() };

const recipient = z
  .strictObject({
    ...party,
    role: z.enum(['processor', 'controller']),
    safeguard: words.optional().describe('What allows it, where the country needs that (GDPR Art. 46)'),
  })
  .readonly();

const notice = z.strictObject({ title: words, text: z.string().trim().min(1).max(20_000) });

const purpose = z.strictObject({
  recipients: z.array(recipient).max(100).default([]),
  regions: z
    .array(country)
    .min(1)
    .max(50)
    .optional()
    .describe('Where its data lies, if not in all of storedIn'),
  notices: z
    .partialRecord(z.enum(LANGUAGES), notice)
    .refine((texts) => Object.keys(texts).length > 0)
    .describe('What people agree to, in at least one language'),
});

const operator = z.strictObject({
  controller: z.strictObject(party),
  dataProtectionOfficer: z.strictObject({ name: words, email: z.email() }).optional(),
  representative: z
    .strictObject(party)
    .optional()
    .describe('In the Union, of a controller outside (GDPR Art. 27)'),
  authority: z.strictObject({ name: words, url: z.url() }).describe('Where people can complain'),
  storedIn: z.array(country).min(1).max(50).describe('Countries of the servers'),
  measures: z
    .array(words)
    .max(100)
    .default([])
    .describe('Of security, besides those that the program brings'),
  purposes: z
    .partialRecord(z.enum(PURPOSE_NAMES), purpose)
    .describe('Those that are offered; none of the others can be agreed to'),
});

/** What the operator says of themselves, applied whole at every start: the program knows all else that the register holds. */
export const registerFile = operator.superRefine(({ storedIn, purposes }, told) => {
  for (const [name, { regions = [] }] of Object.entries(purposes)) {
    if (regions.every((region) => storedIn.includes(region))) continue;
    told.addIssue({ code: 'custom', path: ['purposes', name, 'regions'], message: 'not among storedIn' });
  }
});
export type RegisterFile = z.output<typeof registerFile>;
export type Party = RegisterFile['controller'];
export type Recipient = z.output<typeof recipient>;

/** @throws where the file is missing, is not JSON or declares something unknown; the start stops then */
export async function readRegisterFile(path: string): Promise<RegisterFile> {
  const parsed = registerFile.safeParse(JSON.parse(await readFile(path, 'utf8')));
  if (parsed.success) return parsed.data;
  const places = parsed.error.issues.map((issue) => issue.path.join('.') || '(top)');
  throw new Error(`REGISTER_FILE is not valid at: ${[...new Set(places)].join(', ')}`);
}
