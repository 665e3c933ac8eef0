import { type AnswerOf, readAuditEntries } from '@integument/contracts';
import { ask } from './ask.js';
import type { Visitor } from './visitor.js';

export interface FoundEntry {
  readonly position: number;
  /** as it stands in the log */
  readonly entry: {
    readonly at: string;
    readonly action: string;
    readonly outcome: string;
    readonly code?: string;
    readonly actor: { readonly kind: string; readonly id: string; readonly roles?: readonly string[] };
    readonly subject?: string;
    readonly purpose?: string;
    readonly fields?: readonly string[];
    readonly reason?: { readonly code: string; readonly reference?: string };
    readonly count?: number;
    readonly object?: string;
    readonly requestId?: string;
    readonly policy?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** All entries of an app's log that fit these filters, page by page, as its auditor reads them. */
export async function findEntries(
  auditor: Visitor,
  app: string,
  filter: Readonly<Record<string, string>> = {},
): Promise<FoundEntry[]> {
  const found: FoundEntry[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const query: Record<string, string | number> = { ...filter, limit: 1_000, ...(cursor && { cursor }) };
    const page: AnswerOf<typeof readAuditEntries> = await ask(auditor, app, readAuditEntries, { query });
    found.push(...(page.items as unknown as FoundEntry[]));
    cursor = page.next;
  }
  return found;
}
