import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { compactVerify, createLocalJWKSet, errors, type JSONWebKeySet } from 'jose';
import { z } from 'zod';
import type { Machine } from '../auditor/machine.js';
import { UsageError } from '../auditor/usage-error.js';

const TYPE = 'consent-receipt+ld+json';

const jwks = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      x: z.string(),
      y: z.string(),
      kid: z.string(),
    }),
  ),
});

/** What of a receipt is told: its signature vouches for all else, too. */
const status = z.object({
  '@type': z.string(),
  'dct:date': z.string(),
  'dct:valid': z.string().optional(),
});
const receipt = z.object({
  // The second where the ground is no consent.
  '@type': z.enum(['dpv:ConsentReceipt', 'integument:Receipt']),
  'dct:identifier': z.string(),
  'dct:publisher': z.object({ 'dpv:hasName': z.string() }),
  'dpv:hasRecordOfActivity': z.object({
    'dpv:hasDataSubject': z.object({ 'dct:identifier': z.string().optional() }),
    'dpv:hasProcess': z.object({
      'dpv:hasPurpose': z.object({ 'dct:identifier': z.string(), 'dct:title': z.string() }),
    }),
    'dpv:hasNotice': z
      .object({ 'dct:identifier': z.string(), 'integument:wording': z.string().optional() })
      .optional(),
    'dpv:hasConsentStatus': status.optional(),
    'dpv:hasStatus': status.optional(),
  }),
});

class NotReceipt extends Error {
  constructor(
    readonly code: `receipt.${'content' | 'signature' | 'wording'}`,
    message: string,
  ) {
    super(message);
  }
}

export function asksForReceipt(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--receipt' || arg.startsWith('--receipt='));
}

/** Verifies a receipt with nothing but public keys. @returns the exit status @throws {UsageError}, and what reading a file throws */
export async function receiptCommand(args: readonly string[], machine: Machine): Promise<0 | 1> {
  const asked = parse(args);
  const keys = jwks.parse(JSON.parse(await machine.readText(asked.keys)));
  try {
    machine.out(describe(await verified(await machine.readText(asked.receipt), keys)));
    return 0;
  } catch (error) {
    if (!(error instanceof NotReceipt)) throw error;
    machine.error(`NOT VERIFIED: ${error.message} (${error.code})\n`);
    return 1;
  }
}

function parse(args: readonly string[]) {
  const one = { type: 'string' } as const;
  try {
    const { receipt: file, keys } = parseArgs({
      args: [...args],
      options: { receipt: one, keys: one },
    }).values;
    if (file && keys) return { receipt: file, keys };
  } catch {
    // Its message would quote what was given.
  }
  throw new UsageError();
}

async function verified(text: string, keys: JSONWebKeySet): Promise<z.output<typeof receipt>> {
  const content = await signed(text.trim(), keys);
  const parsed = receipt.safeParse(JSON.parse(content));
  if (!parsed.success) throw new NotReceipt('receipt.content', 'it is signed, and no receipt of a consent');
  const notice = parsed.data['dpv:hasRecordOfActivity']['dpv:hasNotice'];
  const wording = notice?.['integument:wording'];
  if (wording !== undefined && notice?.['dct:identifier'] !== `sha256:${sha256(wording)}`)
    throw new NotReceipt('receipt.wording', 'the words in it are not those of the notice that it names');
  return parsed.data;
}

async function signed(text: string, keys: JSONWebKeySet): Promise<string> {
  try {
    const options = { algorithms: ['ES256'] };
    const { payload, protectedHeader } = await compactVerify(text, createLocalJWKSet(keys), options);
    if (protectedHeader.typ === TYPE) return Buffer.from(payload).toString('utf8');
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
  }
  throw new NotReceipt('receipt.signature', 'it is not signed as a receipt by one of the given keys');
}

function describe(content: z.output<typeof receipt>): string {
  const record = content['dpv:hasRecordOfActivity'];
  const said = record['dpv:hasConsentStatus'] ?? record['dpv:hasStatus'];
  const until = said?.['dct:valid'];
  const purpose = record['dpv:hasProcess']['dpv:hasPurpose'];
  const lines = [
    `VERIFIED receipt ${content['dct:identifier']}`,
    `  by      ${content['dct:publisher']['dpv:hasName']}`,
    `  says    ${said?.['@type'] ?? 'nothing'} at ${said?.['dct:date'] ?? 'no time'}${until ? `, until ${until}` : ''}`,
    `  purpose ${purpose['dct:identifier']}: ${purpose['dct:title']}`,
    `  person  ${record['dpv:hasDataSubject']['dct:identifier'] ?? 'without a name here: nothing began'}`,
    `  notice  ${record['dpv:hasNotice']?.['dct:identifier'] ?? 'none was shown'}`,
  ];
  // A name that somebody chose must not write lines of its own.
  return `${lines.map((line) => line.replace(/\p{Cc}/gu, ' ')).join('\n')}\n`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}
