import { vault } from './apps.js';
import { call } from './calls.js';
import { element } from './elements.js';
import { field, form } from './forms.js';

/** Staff roles, in words. */
export const ROLES = {
  admin: 'Admin',
  auditor: 'Auditor',
  'privacy-officer': 'Privacy officer',
  support: 'Support',
};

/** Asks which account is meant, by what its provider calls it. */
export function accountFields({ required = true, hint = 'What its provider calls it' } = {}) {
  const other = { label: 'Address of that provider (issuer)', name: 'issuer', type: 'url', maxlength: '512' };
  return [
    field({ label: 'Account', name: 'subject', maxlength: '255', autocapitalize: 'none', required, hint }),
    element('details', {}, element('summary', {}, 'It is at another provider'), field(other)),
  ];
}

/** The account that such fields name, as bodies have it. */
export function accountIn(values) {
  const issuer = values.get('issuer').trim();
  return { subject: values.get('subject').trim(), ...(issuer !== '' && { issuer }) };
}

/** What an account is called here: the digest that approvals and the audit log have. */
export async function digestOf(account) {
  return (await call(vault, 'POST', '/v1/staff/accounts', account)).account;
}

/** A digest tells nobody whose it is: whoever decides names whom they expect, and sees whether it is them. */
export function whoseIsIt(account) {
  const answer = element('p', { role: 'status' });
  const check = form({
    button: 'Compare',
    fields: accountFields(),
    work: async (values) => {
      const isIt = (await digestOf(accountIn(values))) === account;
      answer.textContent = isIt ? 'Yes, this is the account.' : 'No, this is another account.';
    },
  });
  return element('details', {}, element('summary', {}, 'Check whose account it is'), check, answer);
}
