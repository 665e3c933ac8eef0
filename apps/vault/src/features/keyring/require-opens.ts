import { KeyringRefused } from './keyring.errors.js';
import type { Keyring, Placed } from './keyring.js';

/**
 * Before a wrapping is stored: a domain key that is lost loses everybody's data.
 * @param wrapped in the order of the keys
 * @throws {KeyringRefused}
 */
export async function requireOpens(
  keyring: Keyring,
  keys: readonly Placed[],
  wrapped: readonly Buffer[],
): Promise<void> {
  const again = keys.map(({ place }, at) => ({ bytes: wrapped[at] ?? Buffer.alloc(0), place }));
  const opened = await keyring.unwrap(again);
  const same = keys.every(({ bytes }, at) => opened[at]?.equals(bytes));
  for (const key of opened) key.fill(0);
  if (!same) throw new KeyringRefused('the keyring wrapped a key into another');
}
