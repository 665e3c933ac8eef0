import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { TlsRecords } from './tls-records.js';

export interface SyslogTargetOptions {
  /** `tls://host:port`; 6514 when it names no port (RFC 5425, section 4.1) */
  readonly url: string;
  /** the only authority that is trusted for the receiver's certificate, PEM */
  readonly ca: string | Buffer;
  /** ours, where the receiver asks for one, PEM */
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
  /**
   * What counts as the receiver's word that it has read everything. `close-notify`: its TLS close_notify. `close`: any close
   * after ours without an error, for receivers that never send one (rsyslog with the gtls driver).
   */
  readonly confirm?: 'close-notify' | 'close';
  /** milliseconds for connecting. Default 10,000 */
  readonly timeoutMs?: number;
  /** milliseconds for the receiver to read what is under way and close. Default 15,000 */
  readonly confirmMs?: number;
}

/** What was sent may not have arrived, all of it: it has to be sent again. */
export class SyslogUndelivered extends Error {
  override readonly name = 'SyslogUndelivered';
  constructor(
    readonly code: 'syslog.unreachable' | 'syslog.closed_early' | 'syslog.unconfirmed' | 'syslog.stopped',
    options?: { cause?: unknown },
  ) {
    super(code, options);
  }
}

/**
 * Sends syslog over TLS (RFC 5425). The protocol has no acknowledgement: what `write` has taken may be in our kernel, on the wire or in the
 * receiver's kernel, and all of that is lost if the receiver dies, without an error that we would see in time. The one word that a receiver says
 * is its answer to our closing: it reads everything before, then closes too (section 4.4). So a run of messages has a connection of its own,
 * kept for the whole run and closed in order behind it, and nothing counts as delivered before that answer.
 *
 * What this can't know is what the receiver did with what it read: one that keeps messages in memory and dies loses them.
 */
export class SyslogTarget {
  private readonly options: Required<Pick<SyslogTargetOptions, 'timeoutMs' | 'confirm' | 'confirmMs'>> &
    SyslogTargetOptions;
  private readonly host: string;
  private readonly port: number;

  constructor(options: SyslogTargetOptions) {
    const { protocol, hostname, port } = new URL(options.url);
    if (protocol !== 'tls:') throw new TypeError('syslog goes over TLS: tls://host:port');
    this.host = hostname.replace(/^\[|\]$/g, '');
    this.port = port === '' ? 6_514 : Number(port);
    this.options = { timeoutMs: 10_000, confirmMs: 15_000, confirm: 'close-notify', ...options };
  }

  /**
   * Sends all batches over one connection, each when the one before has left this process; the next batch is asked for only
   * then. Resolves once the receiver has confirmed.
   * @param batches framed messages
   * @throws {SyslogUndelivered} any of them may be missing there
   */
  async deliver(batches: AsyncIterable<Buffer> | Iterable<Buffer>, signal: AbortSignal): Promise<void> {
    const run = new Run();
    const stop = () => run.fail('syslog.stopped', signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      await this.connect(run);
      for await (const batch of batches) await run.write(batch);
      await this.close(run);
    } finally {
      signal.removeEventListener('abort', stop);
      run.destroy();
    }
  }

  private async connect(run: Run): Promise<void> {
    const tcp = connectTcp({ host: this.host, port: this.port, noDelay: true });
    const records = new TlsRecords(tcp);
    const { ca, certificate, key, timeoutMs } = this.options;
    const tls = connectTls({
      socket: records,
      host: this.host,
      // An address has no place in this extension (RFC 6066); the certificate is checked against it all the same.
      ...(isIP(this.host) ? {} : { servername: this.host }),
      ca,
      ...(certificate && { cert: certificate }),
      ...(key && { key }),
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
    });
    run.use(tls, records);
    await run.until((done) => tls.once('secureConnect', done), timeoutMs, 'syslog.unreachable');
  }

  private async close(run: Run): Promise<void> {
    const { confirmMs, confirm } = this.options;
    await run.close(confirmMs);
    if (confirm === 'close-notify' && !run.wasNotified) throw new SyslogUndelivered('syslog.unconfirmed');
  }
}

/** One connection, and the first thing that went wrong with it. */
class Run {
  private tls: TLSSocket | undefined;
  private records: TlsRecords | undefined;
  private closing = false;
  private readonly failed: Promise<never>;
  private reject: (error: SyslogUndelivered) => void = () => undefined;

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    // It may fail while nobody waits for it; whoever waits next hears of it.
    this.failed.catch(() => undefined);
  }

  get wasNotified(): boolean {
    return this.records?.endedByAlert === true;
  }

  use(tls: TLSSocket, records: TlsRecords): void {
    this.tls = tls;
    this.records = records;
    const unless = (code: SyslogUndelivered['code']) => (cause?: unknown) => this.fail(code, cause);
    tls.on('error', unless('syslog.unreachable'));
    records.on('error', unless('syslog.closed_early'));
    tls.on('close', () => {
      if (!this.closing) this.fail('syslog.closed_early');
    });
    tls.on('end', () => {
      if (!this.closing) this.fail('syslog.closed_early');
    });
    // A receiver has nothing to say; what it says is read, so that its close is seen.
    tls.resume();
  }

  fail(code: SyslogUndelivered['code'], cause?: unknown): void {
    this.reject(new SyslogUndelivered(code, { cause }));
    this.destroy();
  }

  async write(batch: Buffer): Promise<void> {
    await this.until((done) => this.tls?.write(batch, (error) => !error && done()));
  }

  async close(timeoutMs: number): Promise<void> {
    // From here on an end is the answer. One that came before is none: the receiver had not read our close.
    const ended = this.until((done) => this.tls?.once('end', done), timeoutMs, 'syslog.unconfirmed');
    this.closing = true;
    this.tls?.end();
    await ended;
  }

  destroy(): void {
    this.tls?.destroy();
    this.records?.destroy();
  }

  /** Waits for something, or for the connection to fail. */
  async until(
    begin: (done: () => void) => void,
    timeoutMs?: number,
    late: SyslogUndelivered['code'] = 'syslog.unreachable',
  ): Promise<void> {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.fail(late), timeoutMs);
    try {
      await Promise.race([new Promise<void>(begin), this.failed]);
    } finally {
      clearTimeout(timer);
    }
  }
}
