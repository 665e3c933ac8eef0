import { type AuditLog, defineAction, STRANGERS_ACTION } from '@integument/audit-log';
import type { UnitOfWork } from '@integument/database';
import { z } from 'zod';

const NAME = z
  .string()
  .max(80)
  .regex(/^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/);
const kinds = z.array(z.strictObject({ route: NAME, code: NAME, count: z.int().positive() })).max(40);
const strangersRefused = defineAction(STRANGERS_ACTION, z.strictObject({ kinds }));

const MINUTE_MS = 60_000;
/** Kinds in one entry: 40 of them are below an entry's 8 KiB. */
const KINDS = 40;

/**
 * Counts what is refused to nobody known, and writes the counts to the audit log once a minute: whoever knocks at the door
 * shows in the log, and can't fill it. A crash loses the counts of its minute.
 */
export class StrangerCounts {
  #counts = new Map<string, { route: string; code: string; count: number }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    /** told of a minute that could not be written; its counts stay for the next one */
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Routes and codes are declared by us, so their number is bounded whatever is asked. */
  count(route: string, code: string, times = 1): void {
    const key = `${route} ${code}`;
    const known = this.#counts.get(key);
    if (known) known.count += times;
    else this.#counts.set(key, { route, code, count: times });
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#flushSoon(), MINUTE_MS).unref();
  }

  /** Writes what the last minute had. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#flushSoon();
    await this.#writing;
  }

  /** Writes what was counted since the last time; nothing if nothing was. */
  async flush(): Promise<void> {
    const counted = [...this.#counts.values()];
    if (counted.length === 0) return;
    this.#counts = new Map();
    try {
      await this.unitOfWork.single((tx) => this.audit.append(tx, ...entriesOf(counted)));
    } catch (error) {
      for (const { route, code, count } of counted) this.count(route, code, count);
      throw error;
    }
  }

  #flushSoon(): void {
    this.#writing = this.#writing.then(() => this.flush()).catch(this.onError);
  }
}

function entriesOf(counted: readonly { route: string; code: string; count: number }[]) {
  const entries = [];
  for (let at = 0; at < counted.length; at += KINDS) {
    const kinds = counted.slice(at, at + KINDS);
    const count = kinds.reduce((sum, kind) => sum + kind.count, 0);
    entries.push(
      strangersRefused({
        outcome: 'refused',
        code: 'auth.required',
        actor: { kind: 'system', id: 'strangers' },
        count,
        details: { kinds },
      }),
    );
  }
  return entries;
}
