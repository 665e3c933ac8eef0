import { describe, expect, it } from 'vitest';
import { AppConnection } from './app-connection.js';
import { readCredential } from './credentials.js';

const never = () => Promise.reject(new Error('sent'));

describe('the address of a running app', () => {
  it.each([
    'https://vault.example',
    'https://vault.example/x/',
    'http://127.0.0.1:4401',
    'http://[::1]',
    'http://localhost:1',
  ])('may be %s', (address) => {
    expect(() => new AppConnection(address, undefined, never)).not.toThrow();
  });

  it.each([
    'http://vault.example',
    'http://127.0.0.1.example',
    'http://localhost.example',
    'https://user:secret@vault.example',
    'https://vault.example/?token=secret',
    'https://vault.example/#secret',
  ])('is not %s', (address) => {
    expect(() => new AppConnection(address, undefined, never)).toThrow();
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

describe('a refusal', () => {
  const answer = (status: number, body: string, type = 'application/problem+json; charset=utf-8') => {
    const send = () => Promise.resolve(new Response(body, { status, headers: { 'content-type': type } }));
    const app = new AppConnection('https://vault.example', { authorization: 'Bearer canary' }, send);
    return app.json({ path: 'v1/audit/stream?actor=canary', as: 'auditor' });
  };

  it('is told with its status, its code and the places that are wrong', async () => {
    const problem = { code: 'request.invalid', errors: [{ path: 'query.to', rule: 'custom' }, {}, 7] };
    await expect(answer(400, JSON.stringify(problem))).rejects.toThrow(
      /^v1\/audit\/stream was answered with status 400 \(request\.invalid: query\.to\)$/,
    );
    await expect(answer(403, '{"code":"auth.forbidden"}')).rejects.toThrow(/status 403 \(auth\.forbidden\)$/);
  });

  it('shows nothing else of what came, nor of what was asked', async () => {
    const bodies = [
      'canary',
      '{"code":"canary\\u001b[2J"}',
      '{"code":7}',
      'null',
      '',
      '{"errors":[{"path":"canary"}]}',
    ];
    for (const body of bodies) await expect(answer(401, body)).rejects.toThrow(/status 401$/);
    const hidden = '{"code":"auth.forbidden","detail":"canary","errors":[{"path":"canary \\u009b"}]}';
    await expect(answer(401, hidden)).rejects.toThrow(/status 401 \(auth\.forbidden\)$/);
    await expect(answer(502, '{"code":"canary.x"}', 'text/html')).rejects.toThrow(/status 502$/);
  });
});

describe('the credential', () => {
  it('is shown to what is asked as the auditor alone', async () => {
    const seen: RequestInit['headers'][] = [];
    const send = (_: unknown, init?: RequestInit) => {
      seen.push(init?.headers ?? {});
      return Promise.resolve(new Response('{}'));
    };
    const app = new AppConnection('https://vault.example', { cookie: 'a=b' }, send);
    await app.json({ path: 'x', as: 'anybody' });
    await app.json({ path: 'x', as: 'auditor' });
    expect(seen).toEqual([{}, { cookie: 'a=b' }]);
  });
});
