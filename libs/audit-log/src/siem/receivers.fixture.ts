import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from './certificates.fixture.js';

/**
 * A receiver in a process of its own, so that it can be killed as receivers are. It writes the position of each message to
 * a file before it reads on; what stands there it has received. Arguments: folder, port, mode.
 */
const SYSLOG = `
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
const [folder, port, mode] = process.argv.slice(1);
const file = (name) => folder + '/' + name;
const options = { cert: readFileSync(file('cert.pem')), key: readFileSync(file('key.pem')) };
const server = createServer(options, (socket) => {
  let rest = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const space = rest.indexOf(32);
      if (space < 0) break;
      const length = Number(rest.subarray(0, space));
      if (!Number.isSafeInteger(length)) { appendFileSync(file('received'), 'BROKEN FRAME\\n'); process.exit(1); }
      if (rest.length < space + 1 + length) break;
      const message = rest.subarray(space + 1, space + 1 + length).toString();
      const [, position] = / position="(\\d+)"/.exec(message) ?? [];
      appendFileSync(file('received'), position + '\\n');
      rest = rest.subarray(space + 1 + length);
    }
    if (mode === 'slow') { socket.pause(); setTimeout(() => socket.resume(), 20); }
  });
  if (mode === 'dies-at-end') socket.on('end', () => process.kill(process.pid, 'SIGKILL'));
});
server.listen(Number(port), '127.0.0.1', () => process.stdout.write(server.address().port + '\\n'));
`;

export class SyslogReceiver {
  private readonly folder = mkdtempSync(join(tmpdir(), 'integument-syslog-'));
  private child: ChildProcess | undefined;
  port = 0;

  constructor({ certificate, key }: TestCertificate) {
    writeFileSync(join(this.folder, 'cert.pem'), certificate);
    writeFileSync(join(this.folder, 'key.pem'), key, { mode: 0o600 });
  }

  /** On the port that it had before, once it had one. */
  async start(mode: 'quick' | 'slow' | 'dies-at-end' = 'quick'): Promise<void> {
    const args = ['--input-type=module', '-e', SYSLOG, this.folder, String(this.port), mode];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
    this.port = Number(line.toString());
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Positions in the order in which they came, repetitions included. */
  received(): number[] {
    const file = join(this.folder, 'received');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8').trimEnd().split('\n').map(Number);
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
