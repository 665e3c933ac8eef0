import type { Figure } from '../figure.js';
import type { KeyRotation, Rotated } from '../limits/key-rotation.js';
import type { RawRewrap } from '../limits/raw-rewrap.js';
import { SideProcess } from '../side-process.js';
import { addPeople, emptyVaultDatabase, twinOfVaultDatabase } from '../vault-database.js';

const PEOPLE = 200_000;
/** As many as a rotation has in a transaction. */
const BATCH = 2_000;

/**
 * A rotation of the key that people's keys lie under: each is unwrapped, wrapped again and written, durably and with the cursor
 * behind each batch, against the same rows overwritten in the same batches with bytes that were there before.
 */
export const rewrap: Figure = {
  name: 'rewrap',
  unit: 'keys/s',
  target: 0.3,
  higherIsBetter: true,
  atLeast: 30_000,
  rounds: 5,
  async open({ info }) {
    const { vault } = info.databases;
    const database = await emptyVaultDatabase(vault, 'bench_rewrap');
    const twin = await twinOfVaultDatabase(vault, 'bench_rewrap_raw');
    const rotation = new SideProcess<KeyRotation, Rotated>('./limits/key-rotation.js');
    const raw = new SideProcess<RawRewrap, Rotated>('./limits/raw-rewrap.js');
    await rotation.ask({ fill: { database, people: PEOPLE } });
    await addPeople(twin, PEOPLE);
    return {
      figure: async () => rate(await rotation.ask({ rotate: true })),
      limit: async () => rate(await raw.ask({ database: twin, batch: BATCH })),
      async close() {
        await Promise.all([rotation.end(), raw.end()]);
      },
    };
  },
};

function rate({ keys, seconds }: Rotated): number {
  if (keys !== PEOPLE) throw new Error(`${keys} of ${PEOPLE} keys were moved`);
  return keys / seconds;
}
