import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import { ensureCertificate, type KeyPairFiles } from '../run/certificates.js';
import type { Visitor } from './visitor.js';

/** Somebody with a certificate of the platform's own, as the API has one towards the vault's internal listener. */
export class CertificateHolder implements Visitor {
  readonly #agent: Agent;

  private constructor(files: { ca: string; certificate?: string; key?: string }) {
    const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path));
    this.#agent = new Agent({
      keepAlive: true,
      ca: read(files.ca),
      cert: read(files.certificate),
      key: read(files.key),
    });
  }

  /** Whoever holds the API's own key: the API, or a thief of it. */
  static asApi({ apiTls }: PlatformInfo): CertificateHolder {
    return new CertificateHolder(apiTls);
  }

  /** Knows the authority, so can connect, but has no certificate to show. */
  static withoutCertificate({ apiTls }: PlatformInfo): CertificateHolder {
    return new CertificateHolder({ ca: apiTls.ca });
  }

  /** Somebody to whom the platform's own authority gave a certificate for something else. */
  static async ofAnotherProcess(info: PlatformInfo): Promise<CertificateHolder> {
    return new CertificateHolder({ ca: info.apiTls.ca, ...(await certificateOf(info, 'worker')) });
  }

  send(url: string, init: RequestInit = {}): Promise<Response> {
    const headers = Object.fromEntries(new Headers(init.headers));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        { method: init.method ?? 'GET', agent: this.#agent, headers },
        (reply) => {
          collect(reply).then(resolve, reject);
        },
      );
      outgoing.on('error', reject);
      outgoing.end(init.body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

async function collect(reply: IncomingMessage): Promise<Response> {
  const pieces: Buffer[] = [];
  for await (const piece of reply as AsyncIterable<Buffer>) pieces.push(piece);
  const headers = Object.entries(reply.headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  // A Response refuses even an empty body where the status has none.
  const bytes = Buffer.concat(pieces);
  const body = bytes.length === 0 ? null : new Uint8Array(bytes);
  return new Response(body, { status: reply.statusCode ?? 500, headers });
}

/** Has the embedded run's authority issue a certificate to a process that there is not. */
export async function certificateOf({ dataFolder }: PlatformInfo, name: string): Promise<KeyPairFiles> {
  const at = (folder: string, file: string) => ({
    certificate: join(dataFolder, folder, `${file}.crt`),
    key: join(dataFolder, folder, `${file}.key`),
  });
  const files = at('authority', name);
  const subject = { commonName: name, spiffeId: `spiffe://integument/${name}`, use: 'client' } as const;
  await ensureCertificate(files, at('authority', 'authority'), subject, new Date());
  return files;
}
