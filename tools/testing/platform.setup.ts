import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { urlsAt } from '../run/blueprint.js';
import { forgetData } from '../run/data-folder.js';
import { startPlatform } from '../run/platform.js';
import { anyPorts } from '../run/settings.js';
import { type SecondProvider, startSecondProvider } from './second-provider.js';

/**
 * One platform for all end-to-end tests, run from the build by the same supervisor as `make run`, on free ports. The
 * stories are kept apart by fresh people. PostgreSQL keeps its crash safety, since some stories kill it.
 */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  // Whatever the programs can say, they say here: some stories look for what must stand in no log, at no level.
  process.env.LOG_LEVEL = 'debug';
  // The shortest there is: a story waits for it.
  process.env.AUDIT_STALL_SECONDS = '5';
  // All stories come from one address, and of the same few people and staff: together they ask for more than anybody should.
  const quotas = (quota: number, ...classes: readonly string[]) =>
    classes.map((name) => `${name}=${quota}`).join(',');
  process.env.LIMITS_ADDRESS = quotas(1_000_000, 'sign-in', 'public', 'refused');
  process.env.LIMITS_STAFF = quotas(6_000, 'read', 'write', 'bulk', 'reveal', 'sign-in', 'public');
  process.env.LIMITS_PERSON = process.env.LIMITS_STAFF;
  const dataFolder = mkdtempSync(join(tmpdir(), 'integument-e2e-'));
  chmodSync(dataFolder, 0o711); // as root, PostgreSQL runs as another account, which has to get through
  let second: SecondProvider | undefined;
  try {
    const ports = await anyPorts();
    const urls = urlsAt(ports);
    second = await startSecondProvider(urls.vault, urls.web);
    process.env.OIDC_PROVIDERS_FILE = second.file;
    const platform = await startPlatform({ dataFolder, ports, durable: true, quiet: true });
    project.provide('platform', platform.info);
    project.provide('secondProvider', second.info);
    return async () => {
      await platform.stop();
      second?.close();
      forgetData(dataFolder);
    };
  } catch (error) {
    second?.close();
    forgetData(dataFolder);
    throw error;
  }
}
