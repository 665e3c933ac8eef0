import type { Tx, UnitOfWork } from '@integument/database';
import type { ToldTime } from '../../../apps/vault/src/rotation.fixture.js';

/**
 * The database's clock, which the proof sets ahead: all processes are told the same time, and a kill does not set it back.
 * As what was read of the keys is believed for a while of this time, it has to be looked at again once it has jumped.
 */
export class SharedClock implements ToldTime {
  #seen = 0;

  static async hang(unitOfWork: UnitOfWork): Promise<SharedClock> {
    await unitOfWork.single((tx) =>
      tx.query(`CREATE TABLE proof_clock AS SELECT interval '0 seconds' AS ahead`),
    );
    return new SharedClock();
  }

  readonly read = async (tx: Tx): Promise<Date> => {
    const [row] = await tx.query<{ now: Date }>('SELECT clock_timestamp() + ahead AS now FROM proof_clock');
    if (!row) throw new Error('there is no clock');
    this.#seen = row.now.getTime();
    return row.now;
  };

  /** The time that was seen last; milliseconds. */
  readonly seen = (): number => this.#seen;

  async pass(unitOfWork: UnitOfWork, seconds: number): Promise<void> {
    await unitOfWork.single((tx) =>
      tx.query('UPDATE proof_clock SET ahead = ahead + make_interval(secs => $1)', [seconds]),
    );
    await unitOfWork.single(this.read);
  }
}
