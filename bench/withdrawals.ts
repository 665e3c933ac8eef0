import { giveConsent, withdrawConsent } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { PlatformInfo } from '@integument/testing';
import pg from 'pg';
import { ask } from '../tools/outside/ask.js';
import { type Browser, signIn } from '../tools/outside/browser.js';
import { noticeOf } from '../tools/outside/notices.js';
import { Connection } from './load/connection.js';
import { request } from './load/load.js';

const PURPOSE = 'ingest';

/** Somebody who takes a consent back again and again. In between it is opened by hand, since only the way back is measured. */
export class Withdrawals {
  private constructor(
    private readonly info: PlatformInfo,
    private readonly browser: Browser,
    /** the permit, as a device names it */
    readonly permit: string,
    private readonly platform: pg.Client,
    private readonly vault: pg.Client,
    private readonly connection: Connection,
  ) {}

  static async of(info: PlatformInfo, name: string): Promise<Withdrawals> {
    const browser = await signIn(info, name);
    const { permit } = await ask(browser, info.urls.api, giveConsent, {
      params: { purpose: PURPOSE },
      body: { notice: noticeOf(PURPOSE) },
    });
    const [platform, vault] = [
      new pg.Client(info.databases.platform.url),
      new pg.Client(info.databases.vault.url),
    ];
    await Promise.all([platform.connect(), vault.connect()]);
    const connection = await Connection.open(Number(new URL(info.urls.api).port));
    return new Withdrawals(info, browser, permit ?? '', platform, vault, connection);
  }

  /** The bytes of the request, cookie included. */
  get request(): Buffer {
    const url = new URL(withdrawConsent.path.replace(':purpose', PURPOSE), this.info.urls.api);
    const cookie = this.browser.cookiesFor(new URL(this.info.urls.api));
    return request('POST', url, { cookie, origin: this.info.urls.web });
  }

  /**
   * @param before what there is to wait for while the consent is open
   * @returns milliseconds until each was answered
   */
  async times(count: number, before?: () => Promise<void>): Promise<number[]> {
    const times: number[] = [];
    for (let done = 0; done < count; done++) {
      await this.reopen();
      await before?.();
      const started = performance.now();
      const status = await this.connection.send(this.request);
      times.push(performance.now() - started);
      if (status !== 200) throw new Error(`a withdrawal was answered ${status}`);
    }
    return times;
  }

  async close(): Promise<void> {
    this.connection.close();
    await Promise.all([this.platform.end(), this.vault.end()]);
  }

  /** Both halves, at the next epoch, as a renewed consent leaves them. */
  private async reopen(): Promise<void> {
    const pseudonym = decodeId('psn', this.permit);
    const [gate] = (
      await this.platform.query<{ gate_id: Buffer; epoch: number }>(
        `UPDATE permit_gate SET state = 'opening', epoch = epoch + 1, due_on = NULL
         WHERE pseudonym = $1 AND state = 'frozen' RETURNING gate_id, epoch`,
        [pseudonym],
      )
    ).rows;
    if (!gate) return;
    await this.vault.query(`UPDATE permit SET state = 'open', epoch = $2 WHERE gate_id = $1`, [
      gate.gate_id,
      gate.epoch,
    ]);
    await this.platform.query(
      `UPDATE permit_gate SET state = 'open', ends_on = current_date + 700 WHERE gate_id = $1`,
      [gate.gate_id],
    );
  }
}
