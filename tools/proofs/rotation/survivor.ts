import { AuditLog } from '@integument/audit-log';
import type { ClientPseudonym, GateId, ModelKeyId } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { SeededRandom } from '@integument/testing';
import { ModelKeysService } from '../../../apps/vault/src/features/model-keys/index.js';
import { ModelKeysStore } from '../../../apps/vault/src/features/model-keys/model-keys.store.js';
import { TestTokens } from '../../../apps/vault/src/features/tokens/tokens.fixture.js';
import { API, SHOP, type TestVault } from '../../../apps/vault/src/vault.fixture.js';

export interface Somebody {
  readonly name: ClientPseudonym;
  readonly personId: Buffer;
  /** at the provider, where somebody has an account */
  readonly subject: string;
  readonly phone: string;
  email: string;
}

/** A value that has a token, and whose it is. */
export interface Tokened {
  readonly value: string;
  readonly token: string;
  readonly type: 'deterministic' | 'random';
  readonly of: Somebody | null;
}

const REASON = { code: 'rights-request', reference: 'CASE-1' } as const;
const EVERYWHERE = { regions: null, moves: null, shown: null };
/** More would make each rotation longer, and show nothing else. */
const MOST = 90;

/** A process of the vault that nobody kills: it takes people and values in while keys are rotated beside it, and knows what it took. */
export class Survivor {
  readonly people: Somebody[] = [];
  /** Of whom nothing may be found any more, and what others were called by before. */
  readonly goneEmails: string[] = [];
  readonly tokens: Tokened[] = [];
  readonly permits = new Map<GateId, { readonly key: Buffer; readonly of: Somebody }>();
  readonly models = new Map<ModelKeyId, string>();
  readonly making: TestTokens;
  readonly modelKeys: ModelKeysService;
  /** How many rows it may have taken, or changed, before a rotation came to them. */
  replaced = 0;
  #count = 0;

  constructor(
    readonly vault: TestVault,
    private readonly random: SeededRandom,
  ) {
    this.making = new TestTokens(vault);
    this.modelKeys = new ModelKeysService(new ModelKeysStore(), vault.keys, new AuditLog());
  }

  /** What it knows, asked of another process. */
  seenBy(vault: TestVault): Survivor {
    const { people, goneEmails, tokens, permits, models } = this;
    return Object.assign(new Survivor(vault, this.random), { people, goneEmails, tokens, permits, models });
  }

  /** Something that happens in a vault; where there is enough already, it only changes. */
  async act(): Promise<void> {
    const acts = [() => this.update(), () => this.erase()];
    if (this.people.length < MOST)
      acts.push(
        () => this.enrol(),
        () => this.enrol(),
        () => this.openPermit(),
      );
    if (this.tokens.length < MOST)
      acts.push(
        () => this.makeToken(),
        () => this.makeToken(),
        () => this.makeTokenOf(),
      );
    if (this.models.size < MOST) acts.push(() => this.makeModel());
    await this.random.pick(acts)();
  }

  async enrol(): Promise<void> {
    const n = ++this.#count;
    const somebody = { email: addressOf(n), phone: `+4420794${String(60_000 + n)}`, subject: `account-${n}` };
    const { subject, ...fields } = somebody;
    const name = (await this.vault.enrol({ fields, account: { subject } })) as ClientPseudonym;
    this.people.push({ ...somebody, name, personId: await this.vault.personIdOf(name) });
  }

  /** Twice at once where it is to be the same token. */
  private async makeToken(): Promise<void> {
    const value = `value ${++this.#count}`;
    const type = this.random.pick(['deterministic', 'deterministic', 'random'] as const);
    const make = () => this.making.make({ field: 'note', value, type });
    const [token, same] = await Promise.all([make(), type === 'random' ? undefined : make()]);
    if (same !== undefined && same !== token) throw new Error('a value has two tokens');
    this.tokens.push({ value, token, type, of: null });
  }

  private async makeTokenOf(): Promise<void> {
    const of = this.someone();
    if (!of || this.tokens.some((one) => one.of === of)) return;
    this.tokens.push({ value: of.phone, token: await this.tokenOf(of), type: 'deterministic', of });
  }

  /** The token of somebody's phone. */
  async tokenOf({ name }: Somebody): Promise<string> {
    const made = await this.making.ofPerson(name, { fields: ['phone'], type: 'deterministic' });
    const [token] = Object.values(made.tokens ?? {}).flat();
    if (typeof token !== 'string') throw new Error('no token was made');
    return token;
  }

  private async openPermit(): Promise<void> {
    const of = this.someone();
    if (!of) return;
    const session = await this.vault.sessionOf(of.personId);
    const gate = encodeId('gat', randomId()) as GateId;
    const asked = { session, purpose: 'ingest', gate, epoch: 1 } as const;
    const permit = await this.vault.unitOfWork.run((tx) => this.vault.permitOpenings.open(tx, API, asked));
    // Who has one for the purpose is given that.
    if (permit.gate === gate) this.permits.set(gate, { key: await this.keyOf(gate), of });
  }

  /** A permit's key, as the vault opens it now. */
  async keyOf(gate: GateId): Promise<Buffer> {
    const sql = `SELECT pseudonym, domain_key AS "domainKey", wrapped_key AS wrapped FROM permit WHERE gate_id = $1`;
    const gateId = decodeId('gat', gate);
    const [row] = await this.vault.query<{ pseudonym: Buffer; domainKey: number; wrapped: Buffer }>(sql, [
      gateId,
    ]);
    if (!row) throw new Error('a permit is gone');
    return this.vault.keys.unwrap('permit', row.pseudonym, row);
  }

  private async makeModel(): Promise<void> {
    const { modelKey, key } = await this.vault.unitOfWork.run((tx) => this.modelKeys.create(tx, API));
    this.models.set(modelKey, key);
  }

  private async update(): Promise<void> {
    const somebody = this.someone();
    if (!somebody) return;
    const email = addressOf(++this.#count);
    const { people, unitOfWork } = this.vault;
    await unitOfWork.run((tx) => people.update(tx, SHOP, somebody.name, { fields: { email } }, EVERYWHERE));
    this.goneEmails.push(somebody.email);
    somebody.email = email;
    this.replaced += 2;
  }

  private async erase(): Promise<void> {
    const somebody = this.someone();
    if (!somebody || this.people.length < MOST / 3) return;
    const { erasures, unitOfWork } = this.vault;
    const { erasure } = await unitOfWork.run((tx) =>
      erasures.requestFor(tx, SHOP, somebody.name, REASON, null),
    );
    await unitOfWork.run((tx) => erasures.gatesClosed(tx, API, erasure));
    this.forget(somebody);
  }

  private forget(somebody: Somebody): void {
    this.goneEmails.push(somebody.email);
    this.people.splice(this.people.indexOf(somebody), 1);
    for (const token of this.tokens.filter(({ of }) => of === somebody)) {
      this.tokens.splice(this.tokens.indexOf(token), 1);
    }
    for (const [gate, { of }] of this.permits) if (of === somebody) this.permits.delete(gate);
    this.replaced += 10;
  }

  private someone(): Somebody | undefined {
    return this.people[this.random.below(this.people.length)];
  }
}

/** At a host of its own, so that a search by the host finds one. */
function addressOf(n: number): string {
  return `p${n}@host${n}.example`;
}
