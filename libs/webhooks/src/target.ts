import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** Where a webhook may not go. Holds nothing of the URL. */
export class TargetRefused extends Error {
  override readonly name = 'TargetRefused';
  constructor(readonly reason: 'form' | 'scheme' | 'credentials' | 'port' | 'name' | 'address') {
    super(`a webhook may not go there: ${reason}`);
  }
}

export interface TargetRules {
  /** this machine too, over plain http and at any port: for trying things out */
  readonly loopback: boolean;
}

/** A URL that was looked at; of its name nobody knows the addresses yet. */
export interface Target {
  readonly url: URL;
  /** as a resolver takes it, or an address without brackets */
  readonly host: string;
  /** an allowed one on this machine */
  readonly loopback: boolean;
}

const LONGEST = 2_048;
const PORTS: ReadonlySet<string> = new Set(['', '443', '8443']);
/** What a URL's parser would quietly take out, turn round or translate is not for a URL that somebody has to read and agree to. */
const PLAIN = /^https?:\/\/[\x21-\x5b\x5d-\x7e]+$/;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
/** Never of the Internet, or of whoever answers first in this network. */
const INSIDE =
  /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home|corp|private|onion|test|invalid|home\.arpa)$/;

/**
 * Looks at a URL before anybody resolves its name. How an address is written doesn't matter: the URL standard makes one form of
 * decimal, octal, hexadecimal and short ones.
 * @throws {TargetRefused}
 */
export function checkTarget(text: string, rules: TargetRules): Target {
  const url = parsed(text);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (url.username !== '' || url.password !== '') throw new TargetRefused('credentials');
  const loopback = rules.loopback && LOOPBACK.has(host);
  if (loopback) return { url, host, loopback };
  if (url.protocol !== 'https:') throw new TargetRefused('scheme');
  if (!PORTS.has(url.port)) throw new TargetRefused('port');
  if (isIP(host) !== 0) {
    if (!isPublicAddress(host)) throw new TargetRefused('address');
  } else if (!isPublicName(host)) throw new TargetRefused('name');
  return { url, host, loopback };
}

function parsed(text: string): URL {
  if (text.length > LONGEST || !PLAIN.test(text) || !URL.canParse(text)) throw new TargetRefused('form');
  const url = new URL(text);
  if (url.hash !== '') throw new TargetRefused('form');
  return url;
}

/** A name without a point, or with one at its end, is completed by how this machine is set up. */
function isPublicName(host: string): boolean {
  return host.includes('.') && !host.endsWith('.') && !INSIDE.test(host);
}
