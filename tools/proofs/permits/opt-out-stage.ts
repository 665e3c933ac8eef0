import type { ConsentState, PurposeName, WebhookEvent } from '@integument/contracts';
import type { HttpRequest } from '@integument/http';
import type { TestApi, TestOptOuts } from '../../../apps/api/src/api.fixture.js';
import { OptOutsModule } from '../../../apps/api/src/features/opt-outs/index.js';
import type { OptOuts } from '../../../apps/api/src/features/opt-outs/opt-outs.service.js';
import type { StandingOptOuts } from '../../../apps/api/src/features/opt-outs/standing-opt-outs.js';
import { TEST_REGISTER } from '../../../apps/api/src/features/register/register.fixture.js';
import { Register } from '../../../apps/api/src/features/register/register.js';
import { RegisterStore } from '../../../apps/api/src/features/register/register.store.js';
import type { RegisterFile } from '../../../apps/api/src/features/register/register-file.js';
import { SessionBeginnings } from '../../../apps/api/src/features/sessions/index.js';
import { DeliveriesStore } from '../../../apps/vault/src/features/webhooks/index.js';
import type { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import type { InProcessVault } from './in-process-vault.js';
import { PersonSession } from './person-session.js';
import { TwoPlanes } from './two-planes.js';

const THIRD_PARTY = {
  name: 'A partner',
  address: 'A street 2',
  country: 'US',
  email: 'privacy@partner.example.test',
  role: 'controller' as const,
};
const DAY_MS = 86_400_000;

/** Both planes, with a register that says whose data a third party gets, and recipients that are told. */
export class OptOutStage {
  /** How far the clock of opt-outs is ahead. */
  daysAhead = 0;
  readonly vault: TestVault;
  readonly api: TestApi;
  readonly line: InProcessVault;
  readonly deliveries = new DeliveriesStore();
  readonly #signIns = new SessionBeginnings();
  #current: TestOptOuts | undefined;

  private constructor(private readonly planes: TwoPlanes) {
    this.vault = planes.vault;
    this.api = planes.api;
    this.line = planes.line;
    const { optOuts, standing } = this.asOfNow();
    new OptOutsModule(this.#signIns, this.api.beginnings, optOuts, standing).onModuleInit();
  }

  /** @param sold purposes whose data a third party gets */
  static async open(...sold: PurposeName[]): Promise<OptOutStage> {
    const stage = new OptOutStage(await TwoPlanes.open());
    await stage.sell(...sold);
    return stage;
  }

  close(): Promise<void> {
    return this.planes.close();
  }

  get optOuts(): TestOptOuts {
    if (!this.#current) throw new Error('no register yet');
    return this.#current;
  }

  /** Started with another file: from now on a third party gets the data of these. */
  sell(...sold: PurposeName[]): Promise<void> {
    const purposes = Object.entries(TEST_REGISTER.purposes).map(([name, said]) => {
      const recipients = (sold as string[]).includes(name) ? [THIRD_PARTY] : undefined;
      return [name, { ...said, ...(recipients && { recipients }) }];
    });
    return this.start(Object.fromEntries(purposes) as RegisterFile['purposes']);
  }

  async start(purposes: RegisterFile['purposes']): Promise<void> {
    const file = { ...TEST_REGISTER, purposes };
    const register = await Register.publish(file, new RegisterStore(), this.api.unitOfWork);
    this.#current = this.api.optOuts(register, () => new Date(Date.now() + this.daysAhead * DAY_MS));
  }

  /** Somebody, or somebody who is there already, in a session of their own. */
  async signedIn(personId?: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<OptingOut> {
    const { vault, api, planes } = this;
    const id = personId ?? (await vault.personIdOf(await planes.enrol()));
    const person = new OptingOut(this, id, await PersonSession.secretOf(vault, api, id));
    await this.#signIns.tell(await person.asker(), { headers } as unknown as HttpRequest);
    return person;
  }

  /** What the module is wired with once, whichever register is in force when it is asked. */
  private asOfNow(): { optOuts: OptOuts; standing: StandingOptOuts } {
    const optOuts: Pick<OptOuts, 'heed'> = { heed: (asker) => this.optOuts.optOuts.heed(asker) };
    const standing: Pick<StandingOptOuts, 'carryOn' | 'carryOnTo'> = {
      carryOn: (asker) => this.optOuts.standing.carryOn(asker),
      carryOnTo: (asker, purpose) => this.optOuts.standing.carryOnTo(asker, purpose),
    };
    return { optOuts: optOuts as OptOuts, standing: standing as StandingOptOuts };
  }

  /** The client that has a name for everybody is told of these, and of what waits for it nothing is left. */
  async tell(...events: WebhookEvent[]): Promise<void> {
    const { vault } = this;
    const [name] = await vault.query<{ client_id: string }>('SELECT client_id FROM client_pseudonym LIMIT 1');
    await vault.query(
      `INSERT INTO client (client_id, use) VALUES ($1, 'identity')
       ON CONFLICT ON CONSTRAINT client_pk DO UPDATE SET removed = false`,
      [name?.client_id],
    );
    await vault.query('DELETE FROM webhook_endpoint');
    if (events.length > 0)
      await vault.query(
        `INSERT INTO webhook_endpoint (client_id, url, events) VALUES ($1, 'https://partner.example', $2)`,
        [name?.client_id, events],
      );
  }

  waiting = () =>
    this.vault.query<{ event: string; purpose: string; state: string }>(
      'SELECT event, purpose, state FROM webhook_delivery ORDER BY seq',
    );

  /** What waits arrives, the first of it first. */
  async deliver(most = 1_000): Promise<void> {
    const rows = await this.vault.query<{ delivery_id: Buffer }>(
      `SELECT delivery_id FROM webhook_delivery WHERE state = 'waiting' ORDER BY seq LIMIT $1`,
      [most],
    );
    for (const row of rows)
      await this.vault.unitOfWork.run((tx) => this.deliveries.delivered(tx, row as never));
  }

  /** What waits is given up, so many days ago. */
  async giveUp(daysAgo = 0): Promise<void> {
    await this.vault.query(
      `UPDATE webhook_delivery SET state = 'dead', died_at = now() - $1 * interval '1 day' WHERE state = 'waiting'`,
      [daysAgo],
    );
    await this.vault.unitOfWork.run((tx) => this.deliveries.sweep(tx, { deadAfterHours: 48, keptDays: 30 }));
  }

  /** So long ago that it can't be sent any more. */
  async giveUpForGood(): Promise<void> {
    await this.giveUp(31);
    await this.vault.query(`UPDATE webhook_delivery SET died_at = now() - interval '31 days'`);
    await this.giveUp();
  }

  clocks = () =>
    this.api.query<{ kind: string; done: boolean; lost: boolean }>(
      `SELECT kind, done_on IS NOT NULL AS done, lost_on IS NOT NULL AS lost FROM opt_out_clock ORDER BY kind`,
    );
}

/** Who opts out. */
export class OptingOut extends PersonSession {
  constructor(
    private readonly stage: OptOutStage,
    personId: Buffer,
    secret: string,
  ) {
    super(stage.vault, stage.api, personId, secret);
  }

  async optOut(kind: 'limit-use' | 'sale-or-sharing' = 'sale-or-sharing') {
    return this.stage.optOuts.optOuts.make(await this.asker(), kind, 'web');
  }

  async listed() {
    return (await this.stage.optOuts.optOuts.list(await this.asker()))[0]?.purposes ?? [];
  }

  async states(): Promise<Partial<Record<PurposeName, ConsentState['state']>>> {
    return Object.fromEntries((await this.list()).map(({ purpose, state }) => [purpose, state]));
  }

  /** The vault's half of a permit of theirs. */
  async permit(purpose: PurposeName): Promise<{ gate_id: Buffer; state: string; epoch: number } | undefined> {
    const [permit] = await this.stage.vault.query<{ gate_id: Buffer; state: string; epoch: number }>(
      `SELECT gate_id, state, epoch FROM permit WHERE person_id = $1 AND purpose = $2`,
      [this.personId, purpose],
    );
    return permit;
  }
}
