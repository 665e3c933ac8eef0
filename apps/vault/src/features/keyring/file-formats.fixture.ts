/**
 * Files of the embedded keyring as installations have them, made once and never anew: what can't open them any more locks everybody out.
 * Key file, passphrase and root keys are of these files alone.
 */
export const KEY_FILE = Buffer.alloc(32, 'only for this test ').toString('base64url');
/** Decomposed, as some keyboards write it, and with the end of a line. */
export const PASSPHRASE = `${'Nur für diese Prüfung, sonst nichts'.normalize('NFD')}\r\n`;

export const ROOTS: ReadonlyMap<number, Buffer> = new Map([
  [1, Buffer.alloc(32, 1)],
  [2, Buffer.alloc(32, 2)],
]);

/** The key of `['domain_key', 'person', 1]`, and what it is under each of the roots. */
export const DOMAIN_KEY = Buffer.alloc(32, 3);
export const WRAPPED: ReadonlyMap<number, Buffer> = new Map([
  [1, base64('AdngaEo1e64CX6tm/breqmrxb3aFOgR8YIIbz4VntUp/Fs2EPRQhLCV9GvG42fbaIAQJlcBzCbixkjtHdw==')],
  [2, base64('AgAAAAIBVr6yJLbszwNgll/D1HB+GLg+1w2d/NQL1hMnbV0tJtps7/c7OH8PN49qsw7otpFpWLLnWN7+Vckv81IR')],
]);

/** Of when there was one root: sealed as it is, which begins with 1. */
export const FIRST_UNDER_KEY_FILE = base64(
  'Aak5QKlxFaO4n2P7niGdMYtGwTqn7i+HoJ4htJzjefR0gGRT+xf7HPhR/gvWBvugU/sWgEp+V1mD6aVK6g==',
);
/** Of the same time: 2 | salt | sealed. */
export const FIRST_UNDER_PASSPHRASE = base64(
  'ArzIEdQHRE3HT+8jN1TalxABm1y/O8PmTEga26DwI6Hxp56zPw3l4a/Nr0HdNqaiLXdBfOSr0FDa03afUbddMRnatH' +
    '8MU6cdO10ljGIf',
);
/** 3 | 1 | no salt | sealed entries. */
export const UNDER_KEY_FILE = base64(
  'AwEAAAAAAAAAAAAAAAAAAAAAAW4lJ7J4vKF0EL4QgcSBYyQlDRKDfOrmk4Y7Mn++cifkuXU/P3ynj1+QzV6cWIR459' +
    '6Yye7YzCDh1v6Auk40hA/4tMGI8Oy8Q1S+wV7WxMaaJXwb+New4VQZyzYfJuCfRGDSIuioercipEA1RuEBHX0CAOK2',
);
/** 3 | 2 | salt | sealed entries. */
export const UNDER_PASSPHRASE = base64(
  'AwK5QNnrJvcFBzYlGyBFEzjkATiMtSe/McpRpwWIBAjVPInFuxEsjdeyGo/zRrRhsM9jHiyjveaoPFBTn7RzZy4yN6' +
    'bpQv+eAzfpn3TmP5wNSLVQNksnFhqpnNKZ+CAwOsJxh9Nc02FjXUVCSR5KlVpEXMNRWZmzpvquik+nWt9xKomlE0Ec',
);

function base64(text: string): Buffer {
  return Buffer.from(text, 'base64');
}
