import { expect, test } from 'vitest';
import { securityHeaders } from './headers.js';

test('browsers are told to keep to https for two years, with all below, but for a developer’s loopback', () => {
  const name = 'strict-transport-security';
  expect(securityHeaders(true)[name]).toBe('max-age=63072000; includeSubDomains');
  expect(securityHeaders(false)[name]).toBeUndefined();
});
