import { vault } from './apps.js';
import { call } from './calls.js';
import { element } from './elements.js';
import { waysToUse } from './second-factor.js';

/**
 * Calls the vault. Where it wants a second factor that was used just now, asks for one and calls again.
 * @throws {Refused} or an AbortError where somebody closes the question
 */
export async function callVault(method, path, body) {
  try {
    return await call(vault, method, path, body);
  } catch (error) {
    if (error.code !== 'auth.step_up_required') throw error;
    await stepUp();
    return call(vault, method, path, body);
  }
}

/** Resolves when a second factor was used. */
async function stepUp() {
  const dialog = element('dialog', { 'aria-labelledby': 'step-up-title' });
  const ways = await waysToUse(() => dialog.close('used'));
  const cancel = element('button', { type: 'button', class: 'quiet' }, 'Cancel');
  cancel.addEventListener('click', () => dialog.close());
  dialog.append(
    element('h2', { id: 'step-up-title' }, 'Use your second factor again'),
    element('p', {}, 'What you are about to do takes one of the last five minutes.'),
    ways,
    cancel,
  );
  document.body.append(dialog);
  const closed = new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  dialog.showModal();
  await closed;
  dialog.remove();
  if (dialog.returnValue !== 'used') throw new DOMException('not now', 'AbortError');
}
