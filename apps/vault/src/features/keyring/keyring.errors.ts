import { CodedError } from '@integument/contracts';

/** The keyring will not do what it was asked. Carries no key material and no text of its own cause. */
export class KeyringRefused extends Error {
  override readonly name = 'KeyringRefused';
  /** for the log, which writes no message */
  readonly code = 'keyring.refused';
}

/**
 * Why a keyring can't be asked. `untrusted`: its certificate; `slow`, `unreachable`: no answer; `denied`: it knows neither our
 * token nor our role; `missing`: no such key, mount or namespace; `limited`: too many requests; `failing`: anything else.
 */
export type Unavailability =
  | 'denied'
  | 'failing'
  | 'limited'
  | 'missing'
  | 'sealed'
  | 'slow'
  | 'unreachable'
  | 'untrusted';

/** The keyring can't be asked now. Has no cause on purpose: errors of clients hold their requests, and those the token. */
export class KeyringUnavailable extends Error {
  override readonly name = 'KeyringUnavailable';
  readonly code: string;

  /** @param retryAfterSeconds what a keyring that is asked too often wants us to wait */
  constructor(
    readonly why: Unavailability,
    readonly retryAfterSeconds = 0,
  ) {
    super(`the keyring cannot be asked: ${why}`);
    this.code = `keyring.${why}`;
  }
}

/** A data key was wrapped in strict mode, and this process was started with `KEYRING_STRICT=off`. */
export class StrictModeOff extends Error {
  override readonly name = 'StrictModeOff';
  readonly code = 'keyring.strict_mode_off';
}

const UNAVAILABLE = 'keyring.unavailable';

export const keyringUnavailable = (cause?: unknown) =>
  new CodedError(UNAVAILABLE, 503, 'The keys cannot be used at the moment. Try again.', {
    cause,
    headers: { 'retry-after': '5' },
  });

export function isKeyringUnavailable(error: unknown): error is CodedError {
  return error instanceof CodedError && error.code === UNAVAILABLE;
}
