// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const VALID = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };

export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that lives as long as a test. */
export class TestAuthority {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly own: x509.X509Certificate,
  ) {}

  static async create(): Promise<TestAuthority> {
    const keys = await newKeys();
    const own = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=Authority of a test',
      ...VALID,
      signingAlgorithm: ALGORITHM,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    });
    return new TestAuthority(keys, own);
  }

  get certificate(): string {
    return this.own.toString('pem');
  }

  /** @param name the one host that the certificate is for */
  async issue(name: x509.JsonGeneralName): Promise<TestCertificate> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: 'CN=Receiver of a test',
      issuer: this.own.subject,
      ...VALID,
      signingAlgorithm: ALGORITHM,
      signingKey: this.keys.privateKey,
      publicKey: keys.publicKey,
      extensions: [new x509.SubjectAlternativeNameExtension([name])],
    });
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const key = `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
    return { certificate: certificate.toString('pem'), key };
  }
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}
