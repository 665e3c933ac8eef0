import { ruleTextDigest } from '@integument/authz';

/**
 * Version 1 as the migration wrote it, and never changed since: no rule, and the reveals that the policies in code allow, so that nothing
 * is narrower than it was until somebody wants it to be.
 */
export const FIRST_RULES =
  '{"format":1,"reveals":[' +
  '{"fields":"all","form":"plain","id":"support","purposes":["support"],"who":{"roles":["support"]}},' +
  '{"fields":"all","form":"plain","id":"privacy-officer","purposes":["rights-request","legal-obligation","safety-notice"],' +
  '"who":{"roles":["privacy-officer"]}},' +
  '{"fields":"all","form":"plain","id":"registered-clients","purposes":["delivery","support","safety-notice","rights-request",' +
  '"legal-obligation"],"who":{"clients":"registered"}}],"rules":[]}';
export const FIRST_RULES_DIGEST = ruleTextDigest(FIRST_RULES);
