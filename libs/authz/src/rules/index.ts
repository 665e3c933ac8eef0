export type { About } from './conditions.js';
export { common, type Regions, reaches, together } from './reach.js';
export {
  type AbilityName,
  type RevealWish,
  RuleBook,
  type Ruling,
  revealRegions,
} from './rule-book.js';
export { parseRuleText, RuleTextInvalid, ruleText, ruleTextDigest } from './rule-text.js';
