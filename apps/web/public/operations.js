import { accountFields, accountIn, digestOf, ROLES } from './accounts.js';
import { vault } from './apps.js';
import { call } from './calls.js';
import { element, facts } from './elements.js';
import { choices, field, form } from './forms.js';
import { callVault } from './step-up.js';

const VOUCHED = { consents: 'consents from before', guardianships: 'who answers for a child' };
const USES = { identity: 'Who people are', health: 'Skin and health data' };

/**
 * What takes two people: who may ask, what is asked for, and how it is carried out once somebody has agreed.
 * `use` gives back what there is to show, or nothing; `place` is there for what it still has to ask. Without it there is no page for it.
 */
export const OPERATIONS = {
  'staff.change': {
    title: 'Give an account roles, or none',
    mayAsk: ({ roles }) => roles.includes('admin'),
    fields: () => [
      ...accountFields(),
      choices({
        label: 'Its roles from then on; with none it is staff no more',
        name: 'roles',
        choices: ROLES,
      }),
    ],
    parameters: async (values) => ({
      account: await digestOf(accountIn(values)),
      roles: values.getAll('roles'),
    }),
    describe: ({ account, roles, regions }) => ({
      Account: account,
      'Roles from then on': roles.map((role) => ROLES[role]).join(', ') || 'none: staff no more',
      'For people in': regions?.join(', '),
    }),
    use: changeStaff,
  },
  'factors.remove_last': {
    title: 'Remove all second factors of an account',
    mayAsk: () => true,
    fields: ({ roles }) =>
      roles.includes('admin') ? accountFields({ required: false, hint: 'Empty for your own' }) : [],
    parameters: async (values, session) => ({
      account: values.get('subject') ? await digestOf(accountIn(values)) : session.account,
    }),
    describe: ({ account }) => ({ Account: account }),
    use: removeLastFactors,
  },
  'clients.change': {
    title: 'Give a client app power',
    // Asked for and carried out by the routes of docs/clients.md: a page that builds all that a client is would be one of its own.
    mayAsk: () => false,
    describe: ({ client, use, purposes, vouchesFor = [], dpop, credentials, suspended }) => ({
      Client: client,
      'Registered for': `${USES[use]}: ${purposes.join(', ') || 'no purpose'}`,
      'Its word is taken for': vouchesFor.map((one) => VOUCHED[one]).join(', ') || 'nothing',
      'Known by': credentials.join(', '),
      'Must prove a key': dpop ? 'yes' : 'no',
      Suspended: suspended ? 'yes' : 'no',
    }),
  },
  'rules.enact': {
    title: 'Put a version of the stored rules in force',
    mayAsk: ({ roles }) => roles.includes('admin'),
    fields: () => [
      field({ label: 'Version', name: 'version', pattern: '[1-9][0-9]{0,6}', required: true }),
      field({
        label: 'Its digest',
        name: 'digest',
        pattern: '[0-9a-f]{64}',
        required: true,
        hint: '64 digits and letters from a to f: what is agreed to is just these rules',
      }),
    ],
    parameters: async (values) => ({ version: values.get('version'), digest: values.get('digest') }),
    describe: ({ version, digest }) => ({ Version: version, Digest: digest }),
    use: async ({ approval, parameters: { version, digest } }) => {
      await callVault('POST', `/v1/rules/versions/${version}/enact`, { digest, approval });
    },
  },
  'evidence.open': {
    title: 'Say whom entries of an audit log are about',
    mayAsk: ({ roles }) => roles.includes('auditor'),
    breakGlass: true,
    fields: () => [
      field({
        label: 'Subject of the entries',
        name: 'subject',
        pattern: '[A-Za-z0-9_\\-]{43}',
        required: true,
        hint: '43 letters, digits, hyphens and low lines',
      }),
    ],
    parameters: async (values) => ({ subject: values.get('subject') }),
    describe: ({ subject }) => ({ Subject: subject }),
    use: openCommitment,
  },
};

async function changeStaff({ approval, parameters: { account, roles, regions } }, place) {
  const { staff } = await call(vault, 'GET', '/v1/staff');
  if (roles.length === 0) await callVault('POST', `/v1/staff/${account}/dismiss`, { approval });
  else if (staff.some((member) => member.account === account)) {
    await callVault('PUT', `/v1/staff/${account}/roles`, { roles, regions, approval });
  } else await appoint(approval, { roles, regions }, place);
}

/** Who is no staff yet is known here by their digest alone, so whoever appoints them says who they are. */
function appoint(approval, given, place) {
  return new Promise((resolve) => {
    const fields = accountFields({ hint: 'The one that was agreed to' });
    const work = async (values) => {
      await callVault('POST', '/v1/staff', { ...accountIn(values), ...given, approval });
      resolve();
    };
    place.replaceChildren(form({ button: 'Appoint this account', fields, work }));
    place.querySelector('input').focus();
  });
}

/** One's own sessions end with it, so the page begins anew. */
async function removeLastFactors({ approval, parameters: { account } }, _place, session) {
  await callVault('POST', '/v1/factors/remove-last', { account, approval });
  if (account === session.account) location.reload();
}

async function openCommitment({ approval, parameters: { subject } }) {
  const opened = await callVault('POST', '/v1/audit/openings', { subject, approval });
  return element(
    'div',
    {},
    element('p', {}, 'Shown this once:'),
    facts({
      Subject: opened.subject,
      Kind: opened.kind,
      Purpose: opened.purpose,
      Pseudonym: opened.pseudonym,
      Id: opened.id,
      Salt: opened.salt,
      'Can be opened until': opened.until,
    }),
  );
}
