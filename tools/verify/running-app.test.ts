import { describe, expect, it } from 'vitest';
import { RunningApp, readCredential } from './running-app.js';

const never = () => Promise.reject(new Error('sent'));

describe('the address of a running app', () => {
  it.each([
    'https://vault.example',
    'https://vault.example/x/',
    'http://127.0.0.1:4401',
    'http://[::1]',
    'http://localhost:1',
  ])('may be %s', (address) => {
    expect(() => new RunningApp(address, undefined, never)).not.toThrow();
  });

  it.each([
    'http://vault.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'https://user:secret@vault.example',
    'https://vault.example/?token=secret',
    'https://vault.example/#secret',
  ])('is not %s', (address) => {
    expect(() => new RunningApp(address, undefined, never)).toThrow();
  });
});

describe('a credential', () => {
  it('is one token or one header of cookies', () => {
    expect(readCredential('token', 'abc.def\n')).toEqual({ authorization: 'Bearer abc.def' });
    expect(readCredential('cookie', 'session=abc; other=1\n')).toEqual({ cookie: 'session=abc; other=1' });
  });

  it('is shown in no error', () => {
    for (const text of ['', 'canary canary', 'canary\ncanary', 'canary\u00e9']) {
      expect(() => readCredential('token', text)).toThrow(/^the token file does not hold one token$/);
    }
    expect(() => readCredential('cookie', 'canary\r\ncanary')).toThrow(/^the cookie file/);
  });
});
