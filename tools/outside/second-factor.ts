import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beginPasskey, beginUse, enrolPasskey, listFactors, usePasskey } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask, Refused } from './ask.js';
import { type KeptPasskey, SoftwarePasskey } from './software-passkey.js';
import type { Visitor } from './visitor.js';

const MOST_TRIES = 6;

/** Whether tests and tools hold a passkey for this name. */
export function hasPasskey({ staff }: PlatformInfo, name: string): boolean {
  return Object.values(staff).includes(name);
}

/**
 * Uses the second factor of a member of staff who has just signed in, and enrols it where there is none yet. Tried again where it is
 * refused: another process with the same passkey may have used a later count, or have enrolled it, meanwhile.
 */
export async function useSecondFactor(visitor: Visitor, info: PlatformInfo, name: string): Promise<void> {
  const passkey = passkeyOf(info, name);
  for (let tries = 1; ; tries++) {
    try {
      await useOnce(visitor, info.urls.vault, passkey);
      return;
    } catch (error) {
      if (!(error instanceof Refused) || tries === MOST_TRIES) throw error;
    }
  }
}

export function passkeyOf(info: PlatformInfo, name: string): SoftwarePasskey {
  return new SoftwarePasskey(info.urls.web, keptPasskey(info, name));
}

async function useOnce(visitor: Visitor, vault: string, passkey: SoftwarePasskey): Promise<void> {
  const { factors } = await ask(visitor, vault, listFactors);
  if (factors.length === 0) {
    const options = await ask(visitor, vault, beginPasskey);
    await ask(visitor, vault, enrolPasskey, { body: { credential: passkey.create(options) } });
    return;
  }
  const options = await ask(visitor, vault, beginUse);
  await ask(visitor, vault, usePasskey, { body: { credential: passkey.get(options) } });
}

/** Made at the first need, by whichever process is first. */
function keptPasskey({ passkeyFolder }: PlatformInfo, name: string): KeptPasskey {
  const file = join(passkeyFolder, `${name}.json`);
  mkdirSync(passkeyFolder, { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, JSON.stringify(SoftwarePasskey.make()), { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return JSON.parse(readFileSync(file, 'utf8')) as KeptPasskey;
}
