import type { FoundEntry } from './found-entry.js';

/**
 * Merges logs by time, side by side: of the entries that come next in each log the earliest, again and again; of equal ones that of the
 * log named first. So memory holds of each log what came with its last piece, however long the logs are.
 * @param logs each in order of time, some entries at once
 * @returns some entries at once: all there are before more must be waited for
 */
export async function* merged(
  logs: readonly AsyncIterator<readonly FoundEntry[]>[],
): AsyncGenerator<readonly FoundEntry[]> {
  const feeds = logs.map((log) => new Feed(log));
  let ready: FoundEntry[] = [];
  for (;;) {
    const empty = feeds.filter((feed) => feed.isEmpty);
    if (empty.length > 0) {
      // What was merged goes out first: the next may be long in coming, or never come.
      if (ready.length > 0) yield ready;
      ready = [];
      await Promise.all(empty.map((feed) => feed.fill()));
    }
    const next = earliest(feeds);
    if (!next) return;
    ready.push(next.take());
  }
}

class Feed {
  private entries: readonly FoundEntry[] = [];
  private at = 0;
  private hasEnded = false;

  constructor(private readonly log: AsyncIterator<readonly FoundEntry[]>) {}

  get next(): FoundEntry | undefined {
    return this.entries[this.at];
  }

  get isEmpty(): boolean {
    return !this.hasEnded && this.next === undefined;
  }

  async fill(): Promise<void> {
    while (this.isEmpty) {
      const more = await this.log.next();
      this.hasEnded = more.done === true;
      this.entries = more.done ? [] : more.value;
      this.at = 0;
    }
  }

  take(): FoundEntry {
    return this.entries[this.at++] as FoundEntry;
  }
}

function earliest(feeds: readonly Feed[]): Feed | undefined {
  let first: Feed | undefined;
  for (const feed of feeds) {
    if (feed.next && (!first?.next || feed.next.at < first.next.at)) first = feed;
  }
  return first;
}
