import { readAuditEntries } from '@integument/contracts';
import { ask } from '../outside/ask.js';
import type { Stage } from './stage.js';
import type { App } from './tape.js';

const PATIENCE_MS = 15_000;

/** How many of these refusals the auditor does not find under their request's name with their code. */
export async function missingFrom(stage: Stage, app: App, expected: Stage['refusals']): Promise<number> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const written = await refusalsSince(stage, app);
    const missing = expected.filter(({ requestId, code }) => written.get(requestId) !== code).length;
    // An entry is in its operation's transaction at once, and in the tree within a second.
    if (missing === 0 || Date.now() > until) return missing;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Codes of the refusals written since the demo began, by request. */
async function refusalsSince(stage: Stage, app: App): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const auditor = await stage.auditor();
  let cursor: string | null = String(Math.max(0, stage.logsAtStart[app].size - 1));
  do {
    const query: Record<string, string | number> = { limit: 1_000, cursor };
    const page: { items: { entry: Record<string, unknown> | null }[]; next: string | null } = await ask(
      auditor,
      stage.url(app),
      readAuditEntries,
      { query },
    );
    for (const { entry } of page.items) {
      if (entry?.outcome === 'refused') found.set(String(entry.requestId), String(entry.code));
    }
    cursor = page.next;
  } while (cursor !== null);
  return found;
}
