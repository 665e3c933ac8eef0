import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { createServer } from './server.js';

const PAGES = ['/', '/staff.html', '/approvals.html'];

let server: FastifyInstance;
beforeAll(async () => {
  server = await createServer({ host: '', port: 0, vault: 'http://vault.test', api: 'http://api.test' });
});
afterAll(() => server.close());

describe('the page', () => {
  it('runs its own script alone and talks with the two apps alone', async () => {
    const { headers, statusCode } = await server.inject('/');
    expect(statusCode).toBe(200);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' http://vault.test http://api.test;");
    expect(policy).not.toContain('unsafe');
  });

  it('is kept to https where the apps are, framed by nobody, and tells nobody where it is', async () => {
    const https = await createServer({ host: '', port: 0, vault: 'https://v.test', api: 'https://a.test' });
    const { headers } = await https.inject('/');
    expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toMatch(/base-uri 'none'/);
    expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
    expect((await server.inject('/')).headers['strict-transport-security']).toBeUndefined();
    await https.close();
  });

  it.each(PAGES)('%s has no script and no style inside it, which that policy would stop', async (path) => {
    const { body } = await server.inject(path);
    expect(body).toContain('<script type="module" src=');
    expect(body).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
  });

  it.each(['/index.html', '/app.js', '/style.css', '/staff.js', '/approvals.js'])(
    'comes with %s',
    async (path) => {
      expect((await server.inject(path)).statusCode).toBe(200);
    },
  );
});

describe('the server', () => {
  it('says where the apps are', async () => {
    expect((await server.inject('/config.json')).json()).toEqual({
      vault: 'http://vault.test',
      api: 'http://api.test',
    });
  });

  it.each(['/../package.json', '/%2e%2e/package.json', '/..%2fsrc/main.ts', '/nothing'])(
    'gives nothing of other folders for %s, and does not repeat the path',
    async (path) => {
      const { body, statusCode } = await server.inject(path);
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(body).not.toContain('package');
      expect(body).not.toContain('nothing');
    },
  );
});

describe('its settings', () => {
  it('are reduced to origins', () => {
    const env = { VAULT_PUBLIC_URL: 'http://vault.test/x', API_PUBLIC_URL: 'https://api.test/' };
    expect(readConfig(env)).toMatchObject({ vault: 'http://vault.test', api: 'https://api.test' });
  });

  it('give each app a host of its own, since cookies know no ports; but for the embedded run', () => {
    const on = (vault: string, api: string) => () =>
      readConfig({ VAULT_PUBLIC_URL: vault, API_PUBLIC_URL: api });
    expect(on('https://skin.test:4401', 'https://skin.test:4403')).toThrow('wrong: API_PUBLIC_URL');
    expect(on('https://vault.skin.test', 'https://api.skin.test')).not.toThrow();
    expect(on('http://127.0.0.1:4401', 'http://127.0.0.1:4403')).not.toThrow();
  });

  it('are all named when wrong, and not shown', () => {
    const env = { VAULT_PUBLIC_URL: 'javascript:alert(1)', WEB_PORT: '0' };
    expect(() => readConfig(env)).toThrow('API_PUBLIC_URL, VAULT_PUBLIC_URL, WEB_PORT');
    expect(() => readConfig(env)).not.toThrow('alert');
  });
});
