import { describe, expect, it } from 'vitest';
import { networkOf } from './provenance.js';

describe('the network of an address', () => {
  it.each([
    ['203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.77', '203.0.113.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
    ['::1', '::/48'],
    ['127.0.0.1', '127.0.0.0/24'],
  ])('of %s is %s', (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  it.each(['', 'olivia@example.com', '203.0.113.77, 10.0.0.1', "'; DROP TABLE", undefined])(
    'there is none of %s',
    (address) => {
      expect(networkOf(address)).toBeUndefined();
    },
  );
});
