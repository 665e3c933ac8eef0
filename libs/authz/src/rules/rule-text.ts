import { createHash } from 'node:crypto';
import { type RuleDocument, ruleDocument } from '@integument/contracts';
import { canonicalJson } from '@integument/crypto';

/** What is stored is not what was drafted, or not what this program knows. Nothing is decided by it. */
export class RuleTextInvalid extends Error {
  override readonly name = 'RuleTextInvalid';
}

/** A document in its one writing (RFC 8785): this text is stored, agreed to by its digest, and read by both apps. */
export function ruleText(document: RuleDocument): string {
  return canonicalJson(document);
}

/** @returns hexadecimal SHA-256 */
export function ruleTextDigest(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/**
 * Reads what was stored, with the same eyes as what is sent: a column can be written by others than us.
 * @throws {RuleTextInvalid}
 */
export function parseRuleText(text: string, digest: string): RuleDocument {
  if (ruleTextDigest(text) !== digest) throw new RuleTextInvalid('digest');
  // `JSON.parse` makes an own field of `__proto__`, which a strict schema refuses like any other that it doesn't know.
  const parsed = ruleDocument.safeParse(JSON.parse(text));
  if (!parsed.success) throw new RuleTextInvalid('form');
  return parsed.data;
}
