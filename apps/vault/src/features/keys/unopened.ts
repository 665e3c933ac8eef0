import { SealBroken } from '@integument/crypto';
import { KeyGone } from './key-version.js';

/** Whether it is the row that is to blame: its value, or the key that it lies under, opens for nobody. It must not take others with it. */
export function isUnopened(error: unknown): error is KeyGone | SealBroken {
  return error instanceof SealBroken || error instanceof KeyGone;
}

/** @returns what was opened, or where the row is to blame the refusal */
export function openedOr<Opened, Refusal extends Error>(
  refusal: (cause: unknown) => Refusal,
  open: () => Opened,
): Opened | Refusal {
  try {
    return open();
  } catch (error) {
    if (isUnopened(error)) return refusal(error);
    throw error;
  }
}
