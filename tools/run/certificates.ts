// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { createPrivateKey, generateKeyPairSync, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as x509 from '@peculiar/x509';
import { SECRET, writeAtomically } from './files.js';

/** A certificate and its private key, PEM, the key as PKCS #8. */
export interface KeyPairFiles {
  readonly certificate: string;
  readonly key: string;
}

/** Who a certificate speaks for. */
export interface Subject {
  readonly commonName: string;
  /** the identity that the other side checks: a SPIFFE ID in the subject alternative name */
  readonly spiffeId: string;
  readonly use: 'server' | 'client';
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3_650;
const LEAF_DAYS = 365;
const RENEW_BEFORE_DAYS = 30;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

/** Makes the authority unless it is there with 30 days or more to go. @returns whether it was made */
export async function ensureAuthority(files: KeyPairFiles, now: Date): Promise<boolean> {
  if (isFresh(files, now)) return false;
  const key = newKey();
  const keys = { privateKey: await importKey(key.pem), publicKey: await importPublic(key.spki) };
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Integument embedded authority',
    ...validity(now, CA_DAYS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  write(files, key.pem, certificate);
  return true;
}

/**
 * Issues a certificate for a process on this machine unless there is one of this authority with 30 days or more to go.
 * @returns whether it was issued
 */
export async function ensureCertificate(
  files: KeyPairFiles,
  authority: KeyPairFiles,
  subject: Subject,
  now: Date,
): Promise<boolean> {
  if (isFresh(files, now) && isIssuedBy(files, authority)) return false;
  const key = newKey();
  const publicKey = await importPublic(key.spki);
  const issuer = new x509.X509Certificate(readFileSync(authority.certificate, 'utf8'));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${subject.commonName}`,
    issuer: issuer.subject,
    ...validity(now, LEAF_DAYS),
    signingAlgorithm: ALGORITHM,
    signingKey: await importKey(readFileSync(authority.key, 'utf8')),
    publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([subject.use === 'server' ? SERVER_AUTH : CLIENT_AUTH], true),
      new x509.SubjectAlternativeNameExtension(names(subject)),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  write(files, key.pem, certificate);
  return true;
}

function names(subject: Subject): x509.JsonGeneralNames {
  const identity: x509.JsonGeneralNames = [{ type: 'url', value: subject.spiffeId }];
  // A client's certificate names no host: it must not be able to pose as a server.
  if (subject.use === 'client') return identity;
  return [...identity, { type: 'dns', value: 'localhost' }, { type: 'ip', value: '127.0.0.1' }];
}

function isFresh(files: KeyPairFiles, now: Date): boolean {
  if (!existsSync(files.certificate) || !existsSync(files.key)) return false;
  const certificate = new X509Certificate(readFileSync(files.certificate));
  const days = (new Date(certificate.validTo).getTime() - now.getTime()) / DAY_MS;
  // A start may be interrupted between the two files: then they don't belong together.
  return days >= RENEW_BEFORE_DAYS && certificate.checkPrivateKey(createPrivateKey(readFileSync(files.key)));
}

function isIssuedBy(files: KeyPairFiles, authority: KeyPairFiles): boolean {
  const certificate = new X509Certificate(readFileSync(files.certificate));
  return certificate.verify(new X509Certificate(readFileSync(authority.certificate)).publicKey);
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  // An hour back, for a clock that is set right after the first start.
  return {
    notBefore: new Date(now.getTime() - 3_600_000),
    notAfter: new Date(now.getTime() + days * DAY_MS),
  };
}

function newKey(): { pem: string; spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { pem, spki: publicKey.export({ type: 'spki', format: 'der' }) };
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

function importPublic(spki: Buffer): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('spki', spki, ALGORITHM, true, ['verify']);
}

function write(files: KeyPairFiles, keyPem: string, certificate: x509.X509Certificate): void {
  writeAtomically(files.key, keyPem, SECRET);
  writeAtomically(files.certificate, `${certificate.toString('pem')}\n`, 0o644);
}
