import type { PlatformInfo } from '@integument/testing';
import { expect, vi } from 'vitest';
import { signIn } from '../../../tools/outside/browser.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { enrolSomebody } from '../../../tools/outside/newcomer.js';

/** The commitment to somebody whom the vault's log tells of. */
export async function aSubject(info: PlatformInfo): Promise<string> {
  const from = new Date().toISOString();
  const auditor = await signIn(info, info.staff.auditor);
  await enrolSomebody(info);
  const query = { action: 'people.enrol', outcome: 'done', from };
  const find = async () => {
    const [found] = await findEntries(auditor, info.urls.vault, query);
    expect(found?.entry.subject).toBeDefined();
    return found?.entry.subject ?? '';
  };
  return vi.waitFor(find, { timeout: 15_000, interval: 200 });
}
