import { ChildFailed } from '../run/child.js';
import { WrongSettings } from '../run/settings.js';
import { DataFolderInUse } from '../run/supervisor-lock.js';
import { consent } from './promises/consent.js';
import { enrolment } from './promises/enrolment.js';
import { erasure } from './promises/erasure.js';
import { processing } from './promises/processing.js';
import { proof } from './promises/proof.js';
import { refusals } from './promises/refusals.js';
import { remains } from './promises/remains.js';
import { withdrawal } from './promises/withdrawal.js';
import { findOrStart, type RunningPlatform } from './running-platform.js';
import { Stage } from './stage.js';
import { tryAll } from './transcript.js';

// `make demo`: drives the platform from outside and tells of each promise whether it is kept. Ends with 0 only if all are.

const PROMISES = [enrolment, consent, processing, refusals, withdrawal, remains, erasure, proof];
const say = (line: string) => console.log(line);

async function demo(platform: RunningPlatform): Promise<boolean> {
  const { info, wasUp } = platform;
  say(
    `Integument, ${wasUp ? 'as it runs' : 'started for this demo'}: vault ${info.urls.vault}, API ${info.urls.api}`,
  );
  say('');
  const stage = await Stage.set(info);
  try {
    const kept = await tryAll(PROMISES, stage, say);
    say('');
    say(`${kept} of ${PROMISES.length} promises hold.`);
    return kept === PROMISES.length;
  } finally {
    stage.close();
  }
}

async function run(): Promise<boolean> {
  const platform = await findOrStart(process.env);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void platform.stop().finally(() => process.exit(1)));
  }
  try {
    return await demo(platform);
  } finally {
    await platform.stop();
  }
}

run().then(
  (kept) => process.exit(kept ? 0 : 1),
  (error: unknown) => {
    // Expected troubles say what to do; only an unexpected one needs its stack.
    const expected = [WrongSettings, DataFolderInUse, ChildFailed].some((kind) => error instanceof kind);
    console.error(expected ? (error as Error).message : error);
    process.exit(1);
  },
);
