import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PlatformInfo } from '@integument/testing';
import { PROJECT_FOLDER } from '../project-folder.js';
import { startPlatform } from '../run/platform.js';
import { readSettings } from '../run/settings.js';

export interface RunningPlatform {
  readonly info: PlatformInfo;
  /** Whether it ran already; then it is left running. */
  readonly wasUp: boolean;
  stop(): Promise<void>;
}

/** The platform of the settings' data folder: the one that runs, or one that is started for as long as it is needed. */
export async function findOrStart(env: NodeJS.ProcessEnv): Promise<RunningPlatform> {
  const settings = readSettings(env, PROJECT_FOLDER);
  const running = await findRunning(settings.dataFolder);
  if (running) return { info: running, wasUp: true, stop: () => Promise.resolve() };
  const { dataFolder, ports, vaultDatabaseUrl, platformDatabaseUrl } = settings;
  const platform = await startPlatform({
    dataFolder,
    ports,
    durable: true,
    quiet: true,
    ...(vaultDatabaseUrl && { vaultDatabaseUrl }),
    ...(platformDatabaseUrl && { platformDatabaseUrl }),
  });
  return { info: platform.info, wasUp: false, stop: () => platform.stop() };
}

async function findRunning(dataFolder: string): Promise<PlatformInfo | null> {
  const info = readInfo(join(dataFolder, 'demo.json'));
  if (!info) return null;
  const { vault, api, issuer } = info.urls;
  const ready = await Promise.all([vault, api, issuer].map((url) => answers(`${url}/readyz`)));
  return ready.every(Boolean) ? info : null;
}

function readInfo(file: string): PlatformInfo | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PlatformInfo;
  } catch {
    return null;
  }
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(5_000) }).then(
    (reply) => reply.ok,
    () => false,
  );
}
