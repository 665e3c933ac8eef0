import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureAuthority, ensureCertificate, type KeyPairFiles, type Subject } from './certificates.js';

const NOW = new Date('2026-03-01T00:00:00Z');
const SERVER: Subject = { commonName: 'vault', spiffeId: 'spiffe://integument/vault', use: 'server' };
const CLIENT: Subject = { commonName: 'api', spiffeId: 'spiffe://integument/api', use: 'client' };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-certificates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function files(name: string): KeyPairFiles {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

function days(count: number): Date {
  return new Date(NOW.getTime() + count * 86_400_000);
}

describe('the embedded authority', () => {
  it('is made once and keeps its key to its owner', async () => {
    expect(await ensureAuthority(files('ca'), NOW)).toBe(true);
    expect(await ensureAuthority(files('ca'), days(365))).toBe(false);
    expect(statSync(files('ca').key).mode & 0o777).toBe(0o600);
  });
});

describe('a process certificate', () => {
  beforeEach(() => ensureAuthority(files('ca'), NOW));

  it('names the process, and a host only for a server', async () => {
    await ensureCertificate(files('vault'), files('ca'), SERVER, NOW);
    await ensureCertificate(files('api'), files('ca'), CLIENT, NOW);
    const san = (name: string) => new X509Certificate(readFileSync(files(name).certificate)).subjectAltName;
    expect(san('vault')).toBe('URI:spiffe://integument/vault, DNS:localhost, IP Address:127.0.0.1');
    expect(san('api')).toBe('URI:spiffe://integument/api');
  });

  it('is issued again 30 days before it ends, not earlier', async () => {
    await ensureCertificate(files('api'), files('ca'), CLIENT, NOW);
    expect(await ensureCertificate(files('api'), files('ca'), CLIENT, days(334))).toBe(false);
    expect(await ensureCertificate(files('api'), files('ca'), CLIENT, days(336))).toBe(true);
  });

  it('is issued again under a new authority', async () => {
    await ensureCertificate(files('api'), files('ca'), CLIENT, NOW);
    rmSync(files('ca').key);
    await ensureAuthority(files('ca'), NOW);
    expect(await ensureCertificate(files('api'), files('ca'), CLIENT, NOW)).toBe(true);
  });

  it('lets both sides know each other, and a stranger not', async () => {
    const now = new Date();
    rmSync(files('ca').key);
    await ensureAuthority(files('ca'), now);
    await ensureAuthority(files('other'), now);
    await ensureCertificate(files('vault'), files('ca'), SERVER, now);
    await ensureCertificate(files('api'), files('ca'), CLIENT, now);
    await ensureCertificate(files('stranger'), files('other'), CLIENT, now);
    expect(await handshake('vault', 'api')).toBe('URI:spiffe://integument/api');
    await expect(handshake('vault', 'stranger')).rejects.toThrow();
  });
});

/** @returns the client's name, as the server saw it */
async function handshake(server: string, client: string): Promise<string | undefined> {
  const pem = (name: string) => ({
    cert: readFileSync(files(name).certificate),
    key: readFileSync(files(name).key),
  });
  const ca = readFileSync(files('ca').certificate);
  const listener = tls.createServer({ ...pem(server), ca, requestCert: true, rejectUnauthorized: true });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  try {
    return await new Promise((resolve, reject) => {
      listener.on('secureConnection', (socket) => resolve(socket.getPeerX509Certificate()?.subjectAltName));
      listener.on('tlsClientError', reject);
      const { port } = listener.address() as { port: number };
      tls.connect({ ...pem(client), ca, port, host: '127.0.0.1' }).on('error', reject);
    });
  } finally {
    listener.close();
  }
}
