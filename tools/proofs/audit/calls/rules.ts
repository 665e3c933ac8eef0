import { randomBytes } from 'node:crypto';
import {
  draftRules,
  enactRules,
  listRuleVersions,
  type RuleDocument,
  readRuleVersion,
  tryRules,
} from '@integument/contracts';
import { ask } from '../../../outside/ask.js';
import { agreed } from './approvals.js';
import { type Calls, type Cast, call } from './call.js';

/** Stored rules, none of which concerns anybody whom other tests know. */
export const RULE_CALLS: Calls = {
  'rules.list': ({ info, officer }) => Promise.resolve(call(officer, info.urls.vault, listRuleVersions)),
  'rules.read': ({ info, auditor }) =>
    Promise.resolve(call(auditor, info.urls.vault, readRuleVersion, { params: { version: '1' } })),
  'rules.draft': async (cast) =>
    call(cast.admin, cast.info.urls.vault, draftRules, { body: await documentOf(cast) }),
  'rules.try': ({ info, officer }) => {
    const question = { app: 'vault', caller: { roles: ['support'] }, action: 'read', resource: 'Person' };
    return Promise.resolve(
      call(officer, info.urls.vault, tryRules, { body: { version: 1, questions: [question] } }),
    );
  },
  'rules.enact': async (cast) => {
    const body = await documentOf(cast);
    const { version, digest } = await ask(cast.admin, cast.info.urls.vault, draftRules, { body });
    const parameters = { version: String(version), digest };
    const reason = { code: 'legal', reference: 'CASE-2' } as const;
    const asked = { operation: 'rules.enact', parameters, reason } as const;
    const leave = await agreed(cast.info, [cast.admin, cast.officer], asked);
    const params = { version: String(version) };
    return call(cast.admin, cast.info.urls.vault, enactRules, { params, body: { digest, ...leave } });
  },
};

/** What is in force, and a rule for a client that there is not. */
async function documentOf({ info, officer }: Cast): Promise<RuleDocument> {
  const { inForce } = await ask(officer, info.urls.vault, listRuleVersions);
  const params = { version: String(inForce) as never };
  const { document } = await ask(officer, info.urls.vault, readRuleVersion, { params });
  if (!document) throw new Error('the version in force is of another release');
  const id = `nobody-${randomBytes(6).toString('hex')}`;
  const rule = { id, app: 'vault' as const, who: { clients: [id] }, action: 'ping', resource: 'Service' };
  const hours = { days: ['mon' as const], from: '00:00', to: '00:01', timeZone: 'UTC' };
  return { ...document, rules: [...document.rules, { ...rule, only: [{ hours }] }] };
}
