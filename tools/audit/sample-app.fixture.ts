import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SampleLog } from '../../libs/audit-log/src/core/export.fixture.js';

/** Entries of a sample app's log. */
export const SIZE = 300;

/** What an app answers; each test changes some of it. */
export class SampleApp {
  lines: string[];
  note: string;
  files: Map<string, Uint8Array>;
  status = 200;
  problem = '';
  type = 'application/x-ndjson';
  redirect: string | undefined;
  /** how the stream ends behind its lines */
  end: 'well' | 'broken' | 'silent' = 'well';
  readonly asked: string[] = [];
  readonly credentials = new Set<string | undefined>();
  readonly server: Server;

  constructor(log: SampleLog) {
    this.lines = Array.from({ length: SIZE }, (_, n) => lineOf(n, log.entry(n)));
    this.note = log.note(SIZE);
    this.files = log.archive(SIZE);
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer({ url = '', headers }: IncomingMessage, response: ServerResponse): void {
    this.asked.push(url);
    const path = url.replace(/^\/v1\/audit\//, '').split('?')[0] ?? '';
    if (path === 'tlog/checkpoint') return void response.end(this.note);
    this.credentials.add(headers.authorization ?? headers.cookie);
    if (this.redirect) return void response.writeHead(302, { location: this.redirect }).end();
    if (path === 'stream') this.stream(response);
    else this.tile(path.replace(/^tlog\//, ''), response);
  }

  private tile(path: string, response: ServerResponse): void {
    const tile = this.files.get(path);
    response.writeHead(tile ? 200 : 404).end(tile);
  }

  private stream(response: ServerResponse): void {
    const type = this.status === 200 ? this.type : 'application/problem+json';
    const disposition = `attachment; filename="x-entries-of-${SIZE - 1}.ndjson"`;
    response.writeHead(this.status, { 'content-type': type, 'content-disposition': disposition });
    if (this.status !== 200) return void response.end(this.problem);
    response.write(this.lines.join(''), () => {
      if (this.end === 'well') response.end();
      if (this.end === 'broken') response.socket?.destroy();
    });
  }
}

/** An entry's line in the stream. */
export const lineOf = (position: number, entry: Uint8Array) =>
  `{"position":${position},"entry":${Buffer.from(entry).toString('utf8')}}\n`;
