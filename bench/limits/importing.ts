import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type ImportJob, importFile } from '../../tools/cli/import/importer.js';
import { PeopleTarget } from '../../tools/cli/import/people-target.js';
import { Interruption } from '../../tools/cli/interruption.js';
import type { Progress } from '../../tools/cli/progress.js';
import type { VaultSettings } from '../../tools/cli/settings.js';
import { VaultClient } from '../../tools/cli/vault-client.js';
import { residentBytes } from '../resident-bytes.js';
import { answerQuestions } from '../side-process.js';

/** A file of people that is imported into a vault, as the command line does. */
export interface Importing {
  readonly file: string;
  readonly vault: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Of this process while it was at one fifth of the rows, in bytes. */
export interface Fifth {
  /** the most memory that it had */
  readonly most: number;
  /** what was still in use of its heap when that fifth was done, garbage aside */
  readonly retained: number;
}

export interface Imported {
  readonly first: Fifth;
  readonly last: Fifth;
  readonly kept: number;
}

const FIFTHS = 5;

/** After each chunk: what is kept of the ones before is seen in the last fifth. */
class Watched implements Progress {
  readonly #most = new Array<number>(FIFTHS).fill(0);
  readonly #retained = new Array<number>(FIFTHS).fill(0);
  #total = 0;

  begin(total = 0): void {
    this.#total = total;
  }

  at(done: number): void {
    const fifth = Math.floor(((done - 1) * FIFTHS) / this.#total);
    this.#most[fifth] = Math.max(this.#most[fifth] ?? 0, residentBytes(process.pid));
    if ((fifth + 1) * this.#total === done * FIFTHS) this.#retained[fifth] = heapInUse();
  }

  end(): void {
    // Nothing is shown.
  }

  /** @param at from 0; a negative one from the end @throws where it was not done: the rows of a chunk have to divide it */
  fifth(at: number): Fifth {
    const [most, retained] = [this.#most.at(at), this.#retained.at(at)];
    if (!most || !retained) throw new Error('not every row was read');
    return { most, retained };
  }
}

/** Without what is garbage: Node.js offers to collect it to who asks at its start, or makes a context later. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}

async function bringIn({ file, vault, issuer, clientId, clientSecret }: Importing): Promise<Imported> {
  const settings: VaultSettings = { vault: new URL(vault), issuer: new URL(issuer), clientId, clientSecret };
  const interruption = new Interruption();
  const progress = new Watched();
  const { kept } = await importFile(jobOf(file, settings), {
    vault: await VaultClient.enter(settings, interruption),
    progress,
    interruption,
    now: () => new Date(),
  });
  return { first: progress.fifth(0), last: progress.fifth(-1), kept };
}

function jobOf(file: string, { vault, clientId }: VaultSettings): ImportJob {
  return {
    file,
    format: 'csv',
    delimiter: ',',
    target: new PeopleTarget({ map: new Map([['email', 'E-Mail']]), personColumn: 'person', drop: [] }),
    destination: `${vault.href} ${clientId}`,
    out: `${file}.kept.csv`,
    refused: `${file}.refused.csv`,
    state: `${file}.state.json`,
    acceptRepeat: false,
    drop: [],
  };
}

answerQuestions(bringIn);
