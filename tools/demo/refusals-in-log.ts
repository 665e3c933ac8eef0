import { findEntries } from '../outside/find-entries.js';
import type { Stage } from './stage.js';
import type { App } from './tape.js';

const PATIENCE_MS = 15_000;

/** How many of these refusals the auditor does not find under their request's name with their code. */
export async function missingFrom(stage: Stage, app: App, expected: Stage['refusals']): Promise<number> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const written = await refusals(stage, app);
    const missing = expected.filter(({ requestId, code }) => written.get(requestId) !== code).length;
    // An entry is in its operation's transaction at once, and findable within two seconds.
    if (missing === 0 || Date.now() > until) return missing;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Codes of all refusals in an app's log, by request. */
async function refusals(stage: Stage, app: App): Promise<Map<string, string>> {
  const found = await findEntries(await stage.auditor(), stage.url(app), { outcome: 'refused' });
  return new Map(found.map(({ entry }) => [String(entry.requestId), String(entry.code)]));
}
