import type {
  ClientPseudonym,
  GateId,
  GuardianshipId,
  PurposeName,
  SessionPseudonym,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import type { VaultPerson } from '../../platform/callers.js';
import { API, SHOP, type TestVault } from '../../vault.fixture.js';

/** The day so many years before today, and then some days: of whom so old today is so many years, less those days. */
export function bornYearsAgo(years: number, daysLater = 1): string {
  const day = new Date();
  day.setUTCFullYear(day.getUTCFullYear() - years);
  day.setUTCDate(day.getUTCDate() + daysLater);
  return day.toISOString().slice(0, 10);
}

let people = 0;

/** Somebody who answers for a child, as a shop has recorded it. */
export class Family {
  private constructor(
    readonly vault: TestVault,
    readonly guardian: ClientPseudonym,
    readonly child: ClientPseudonym,
    readonly childId: Buffer,
    readonly asker: Asker<VaultPerson>,
  ) {}

  /** @param born of the child, who turns 16 tomorrow where nothing else is said */
  static async of(
    vault: TestVault,
    { born = bornYearsAgo(16), region = 'DE' }: { born?: string; region?: string | null } = {},
  ): Promise<Family> {
    const subject = `parent-${++people}`;
    const guardian = await vault.enrol({ fields: { email: `${subject}@example.org` }, account: { subject } });
    const child = await vault.enrol({
      fields: { email: `child-${people}@example.org`, birth_date: born },
      ...(region && { region }),
    });
    const secret = await vault.beginSession(subject);
    const caller = await vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));
    const asker = { caller: caller as VaultPerson, requestId: `req-${subject}` };
    const [one, other] = [guardian, child] as [ClientPseudonym, ClientPseudonym];
    return new Family(vault, one, other, await vault.personIdOf(child), asker);
  }

  async record(purposes: PurposeName[] = ['ingest'], evidence = 'Birth certificate, seen on paper') {
    const { guardian, child, vault } = this;
    const body = { guardian, child, purposes, evidence };
    const made = await vault.unitOfWork.run((tx) => vault.guardianships.make(tx, SHOP, body, null));
    return made as typeof made & { guardianship: GuardianshipId };
  }

  end(name: GuardianshipId) {
    return this.vault.unitOfWork.run((tx) => this.vault.guardianships.end(tx, SHOP, name));
  }

  async code(name: GuardianshipId, asker = this.asker) {
    return (await this.vault.unitOfWork.run((tx) => this.vault.guardianCodes.issue(tx, asker, name))).code;
  }

  /** A session of the child at the data plane, in which who answers for it acts. */
  async session(name: GuardianshipId) {
    const code = await this.code(name);
    const redeemed = await this.vault.unitOfWork.run((tx) => this.vault.signIn.redeem(tx, API, code));
    return { ...redeemed, session: redeemed.session as SessionPseudonym };
  }

  open(session: SessionPseudonym, purpose: PurposeName = 'ingest', gate = newGate()) {
    const body = { session, purpose, gate, epoch: 1 };
    return this.vault.unitOfWork.run((tx) => this.vault.permitOpenings.open(tx, API, body));
  }
}

export function newGate(): GateId {
  return encodeId('gat', randomId()) as GateId;
}
