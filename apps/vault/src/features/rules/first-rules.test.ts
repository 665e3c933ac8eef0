import { parseRuleText, ruleText } from '@integument/authz';
import { expect, it } from 'vitest';
import { FIRST_RULES, FIRST_RULES_DIGEST } from './first-rules.js';

it('version 1 is a document in its one writing, and stays what the migration wrote', () => {
  expect(ruleText(parseRuleText(FIRST_RULES, FIRST_RULES_DIGEST))).toBe(FIRST_RULES);
  expect(FIRST_RULES_DIGEST).toBe('ce9193e643ca85a26e632a1bbb65be0f8ea7e78c2432b66274322258bf0186fe');
});
