import { randomUUID } from 'node:crypto';
import type {
  ConsentChanged,
  ConsentEventKind,
  ConsentState,
  PurposeName,
  SignInCode,
} from '@integument/contracts';
import type { Asker } from '@integument/http';
import { sessionContent, type TestApi } from '../../../apps/api/src/api.fixture.js';
import type { TakenBack } from '../../../apps/api/src/features/consent/taking-back.js';
import type { ApiPerson } from '../../../apps/api/src/platform/callers.js';
import type { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { tolerating } from './tolerating.js';

/** How a purpose stands after a no. */
type Closed = ConsentChanged & Pick<TakenBack, 'confirmed'>;

/** What the vault has of somebody for a purpose. */
interface PermitOfPerson {
  readonly state: string;
  readonly gate_id: Buffer;
  readonly pseudonym: Buffer | null;
  readonly wrapped_key: Buffer | null;
}

/** A session at the data plane, and what is done in it. It is read anew for each, as a request does. */
export class PersonSession {
  constructor(
    private readonly vault: TestVault,
    private readonly api: TestApi,
    /** whom it is about; in that of a guardian the child */
    readonly personId: Buffer,
    private readonly secret: string,
  ) {}

  static async begin(vault: TestVault, api: TestApi, personId: Buffer): Promise<PersonSession> {
    return new PersonSession(vault, api, personId, await PersonSession.secretOf(vault, api, personId));
  }

  /** The vault tells a new session which permits there are, and of what they opted out. @returns what its cookie holds */
  static secretOf(vault: TestVault, api: TestApi, personId: Buffer): Promise<string> {
    return vault.unitOfWork.run(async (tx) => {
      const permits = await vault.permits.ofPerson(tx, personId);
      const optOuts = await vault.optOuts.ofPerson(tx, personId);
      return api.openSession({ ...sessionContent(await vault.sessionOf(personId), permits), optOuts });
    });
  }

  /** In which who answers for somebody acts, by the one-time code that they fetched at the vault. */
  static async redeem(
    vault: TestVault,
    api: TestApi,
    personId: Buffer,
    code: SignInCode,
  ): Promise<PersonSession> {
    return new PersonSession(vault, api, personId, await api.openSession(await api.sessions.redeem(code)));
  }

  /** The same person signs in once more, elsewhere. */
  again(): Promise<PersonSession> {
    return PersonSession.begin(this.vault, this.api, this.personId);
  }

  asker(): Promise<Asker<ApiPerson>> {
    return this.api.asker(this.secret);
  }

  /** Whether it still lets anybody in. */
  async isOpen(): Promise<boolean> {
    const { unitOfWork, sessions } = this.api;
    return (await unitOfWork.run((tx) => sessions.find(tx, this.secret))) !== null;
  }

  async give(purpose: PurposeName = 'ingest'): Promise<ConsentChanged> {
    return this.api.consent.give(await this.asker(), purpose, this.api.agreementTo(purpose));
  }

  async acknowledge(purpose: PurposeName = 'ingest'): Promise<ConsentChanged> {
    return this.api.consent.acknowledge(await this.asker(), purpose, this.api.agreementTo(purpose));
  }

  async withdraw(purpose: PurposeName = 'ingest'): Promise<Closed> {
    return closed(await this.api.takingBack.withdraw(await this.asker(), purpose));
  }

  async refuse(purpose: PurposeName = 'ingest'): Promise<Closed> {
    return closed(
      await this.api.takingBack.refuse(await this.asker(), purpose, this.api.agreementTo(purpose)),
    );
  }

  async object(purpose: PurposeName = 'ingest'): Promise<Closed> {
    return closed(await this.api.takingBack.object(await this.asker(), purpose, 'app'));
  }

  async list(): Promise<ConsentState[]> {
    return this.api.consents.list(await this.asker());
  }

  async state(purpose: PurposeName = 'ingest'): Promise<ConsentState['state'] | undefined> {
    return (await this.list()).find((one) => one.purpose === purpose)?.state;
  }

  async events(purpose: PurposeName = 'ingest') {
    return (await this.api.consents.history(await this.asker(), purpose)).events;
  }

  async history(purpose: PurposeName = 'ingest'): Promise<ConsentEventKind[]> {
    return (await this.events(purpose)).map(({ kind }) => kind);
  }

  /** The history with how each was said. */
  async expressed(purpose: PurposeName = 'ingest'): Promise<string[]> {
    return (await this.events(purpose)).map(({ kind, channel }) => `${kind} ${channel}`);
  }

  permits(purpose: PurposeName = 'ingest'): Promise<PermitOfPerson[]> {
    return this.vault.query<PermitOfPerson>(
      `SELECT state, gate_id, pseudonym, wrapped_key FROM permit
       WHERE person_id = $1 AND purpose = $2 AND state <> 'destroyed'`,
      [this.personId, purpose],
    );
  }

  /** By which the session knows their permit. */
  async pseudonym(purpose: PurposeName = 'ingest'): Promise<Buffer> {
    return this.api.permits.pseudonymOf((await this.asker()).caller, purpose, undefined);
  }

  /** A reading of theirs comes. @returns whether it was stored */
  async store(): Promise<boolean> {
    return (await tolerating(this.storeReading())) === 'answered';
  }

  private async storeReading(): Promise<void> {
    const asker = await this.asker();
    const readings: [number, number][] = [[Date.UTC(2026, 5, 1), 60]];
    await this.api.permits.through(await this.pseudonym(), 'ingest', (tx, leave) =>
      this.api.ingest.storeBatch(tx, asker, leave, { batch: randomUUID(), stream: 'heart-rate', readings }),
    );
  }
}

function closed({ state, confirmed }: TakenBack): Closed {
  return { ...state, confirmed };
}
