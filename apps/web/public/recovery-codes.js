import { element, goTo } from './elements.js';
import { action } from './forms.js';
import { callVault } from './step-up.js';

/**
 * Makes ten new codes and shows them, this once, until somebody says that they are kept.
 * @param {Element} place whose contents give way to the codes
 */
export async function showNewRecoveryCodes(place) {
  const { codes } = await callVault('POST', '/v1/factors/recovery-codes');
  const title = element('h2', {}, 'Your recovery codes');
  await new Promise((resolve) => {
    place.replaceChildren(
      title,
      element(
        'p',
        {},
        'For when your second factor is gone. Each is good once; those from before are void. They are shown now and never again: print them, or write them down.',
      ),
      element('ol', { class: 'codes' }, ...codes.map((code) => element('li', {}, element('code', {}, code)))),
      action('I have kept them', async () => resolve()),
    );
    goTo(title);
  });
  place.replaceChildren();
}
