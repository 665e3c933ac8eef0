import type { Spool } from '../auditor/machine.js';
import type { LogRun, ReadEntry } from './log-run.js';

const WRITE_CHARS = 1 << 20;

/**
 * Verifies several logs side by side and writes their entries in order of time, in constant memory: of the entries that come next in each
 * log the one with the earliest time, again and again. Within a log the order stays the log's own. There it is nearly the order of time
 * and not exactly (an entry has its time from when it was staged, its position from when that was committed), so the merged times aren't
 * quite sorted either.
 * @param onStep called after each step of a log
 * @returns whether all logs are verified; if not what was written is to be dropped
 */
export async function mergeLogs(runs: readonly LogRun[], spool: Spool, onStep: () => void): Promise<boolean> {
  const feeds = runs.map((run) => new Feed(run));
  let text = '';
  for (;;) {
    for (const feed of feeds) await feed.fill(onStep);
    if (runs.some(({ report }) => report?.ok === false)) return false;
    const next = earliest(feeds);
    if (next === undefined) break;
    text += next.take();
    if (text.length < WRITE_CHARS) continue;
    await spool.write(text);
    text = '';
  }
  await spool.write(text);
  return true;
}

/** A log's next entry. */
class Feed {
  at = '';
  private next = 0;
  private line = '';
  hasEntry = false;

  constructor(private readonly run: LogRun) {}

  async fill(onStep: () => void): Promise<void> {
    if (this.hasEntry) return;
    while (this.next === this.run.entries.length) {
      this.run.entries.length = 0;
      this.next = 0;
      const hasMore = await this.run.step();
      onStep();
      if (!hasMore && this.run.entries.length === 0) return;
    }
    this.read(this.run.entries[this.next++] as ReadEntry);
  }

  take(): string {
    this.hasEntry = false;
    return this.line;
  }

  private read({ position, bytes }: ReadEntry): void {
    const text = bytes.toString('utf8');
    const entry = readObject(text);
    // An entry without a time stays behind the one before it.
    if (entry && typeof entry.at === 'string') this.at = entry.at;
    const head = `{"log":${JSON.stringify(this.run.origin)},"position":${position},`;
    // As stored; only what is no line of JSON, or not UTF-8, can't stand in one.
    const isLine = entry && !text.includes('\n') && Buffer.from(text, 'utf8').equals(bytes);
    this.line = `${head}${isLine ? `"entry":${text}` : `"base64":"${bytes.toString('base64')}"`}}\n`;
    this.hasEntry = true;
  }
}

function earliest(feeds: readonly Feed[]): Feed | undefined {
  let first: Feed | undefined;
  for (const feed of feeds) if (feed.hasEntry && (!first || feed.at < first.at)) first = feed;
  return first;
}

function readObject(text: string): { at?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
