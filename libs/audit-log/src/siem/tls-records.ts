import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

const HEADER_BYTES = 5;
const ALERT = 21;
const APPLICATION_DATA = 23;
// In TLS 1.3 an alert travels as application data: two bytes, its true type, and the tag.
const SEALED_ALERT_BYTES = 19;

/**
 * A TCP connection under TLS that remembers the kind of the last record received. Node tells the end of a connection in the
 * same way whether the other side said that it closes (close_notify) or merely died and had its kernel close for it.
 */
export class TlsRecords extends Duplex {
  private header = Buffer.alloc(0);
  private body = 0;
  private last: { type: number; length: number } | undefined;

  constructor(private readonly socket: Socket) {
    super({ allowHalfOpen: true });
    socket.on('data', (chunk: Buffer) => {
      this.look(chunk);
      if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  /** Whether the other side's last word was an alert; a fatal one fails the connection besides. */
  get endedByAlert(): boolean {
    if (!this.last || this.body > 0 || this.header.length > 0) return false;
    const { type, length } = this.last;
    return type === ALERT || (type === APPLICATION_DATA && length === SEALED_ALERT_BYTES);
  }

  override _read(): void {
    this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }

  private look(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.body > 0) {
        const skipped = Math.min(this.body, chunk.length - at);
        this.body -= skipped;
        at += skipped;
        continue;
      }
      const wanted = chunk.subarray(at, at + HEADER_BYTES - this.header.length);
      this.header = Buffer.concat([this.header, wanted]);
      at += wanted.length;
      if (this.header.length < HEADER_BYTES) return;
      this.last = { type: this.header.readUInt8(0), length: this.header.readUInt16BE(3) };
      this.body = this.last.length;
      this.header = Buffer.alloc(0);
    }
  }
}
