import { api, vault } from './apps.js';
import { call } from './calls.js';
import { element } from './elements.js';

/** This page, without what else stands in its address. */
const HERE = `${location.origin}${location.pathname}`;

/**
 * The ways in: a link for each provider, with its name where there are several.
 * @param {{ returnTo?: string, fresh?: boolean }} options fresh has the provider ask for the password again
 */
export async function waysIn({ returnTo = HERE, fresh = false } = {}) {
  const { providers } = await call(vault, 'GET', '/v1/sign-in/providers');
  const link = ({ id, name }) => {
    const query = new URLSearchParams({ provider: id, return_to: returnTo, ...(fresh && { fresh: 'true' }) });
    const words = providers.length === 1 ? 'Sign in' : name;
    return element('a', { class: 'button', href: `${vault}/v1/sign-in?${query}` }, words);
  };
  return element('nav', { class: 'ways-in', 'aria-label': 'Sign in' }, ...providers.map(link));
}

/** Ends the session at both apps, and goes where the one at the provider ends, too. */
export async function signOut() {
  // Both are told, even when one of them doesn't answer.
  const [, atVault] = await Promise.allSettled([
    call(api, 'DELETE', '/v1/sessions/current'),
    call(vault, 'POST', '/v1/sign-out'),
  ]);
  const next = atVault.value?.providerSignOut;
  if (next) location.assign(next);
  else location.reload();
}

/** The button in the page's head. */
export function showSignOut() {
  const button = document.getElementById('sign-out');
  button.hidden = false;
  button.addEventListener('click', () => {
    button.disabled = true;
    void signOut();
  });
}
