import { createHmac } from 'node:crypto';
import { CodedError } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { SoftwarePasskey } from '../../../../../tools/outside/software-passkey.js';
import type { VaultStaff } from '../../platform/callers.js';
import { type TestVault, WEB } from '../../vault.fixture.js';
import type { Raised } from './session-raiser.js';

/** A member of staff at the vault's services, with the cookie of a session and whatever factors they come to have. */
export class Member {
  secret = '';
  asker!: Asker<VaultStaff>;
  totpSecret = '';
  readonly passkey = new SoftwarePasskey(WEB, SoftwarePasskey.make());

  constructor(
    public vault: TestVault,
    readonly subject: string,
  ) {}

  /** Appointed and signed in, with no factor yet. */
  static async appointed(vault: TestVault, subject: string, roles?: readonly string[]): Promise<Member> {
    await vault.appoint(subject, roles);
    return new Member(vault, subject).signIn();
  }

  /** The same person in another browser. */
  elsewhere(): Promise<Member> {
    const other = new Member(this.vault, this.subject);
    other.totpSecret = this.totpSecret;
    return other.signIn();
  }

  async signIn(authenticatedAt = new Date()): Promise<this> {
    return this.goOn(await this.vault.beginSession(this.subject, { authenticatedAt }));
  }

  /** Goes on with a cookie, as a browser does with each that it is given. */
  async goOn(secret: string): Promise<this> {
    const caller = await this.vault.unitOfWork.run((tx) => this.vault.sessions.find(tx, secret));
    if (caller?.kind !== 'staff') throw new Error('this cookie lets no staff in');
    this.secret = secret;
    this.asker = { caller: caller, requestId: `req-${this.subject}` };
    return this;
  }

  /** Runs one request as the edge does: what is returned as a refusal commits, and is thrown then. */
  async ask<T>(
    work: (
      tx: Parameters<Parameters<TestVault['unitOfWork']['run']>[0]>[0],
      asker: Asker<VaultStaff>,
    ) => Promise<T>,
  ): Promise<Exclude<T, CodedError>> {
    const outcome = await this.vault.unitOfWork.run((tx) => work(tx, this.asker));
    if (outcome instanceof CodedError) throw outcome;
    return outcome as Exclude<T, CodedError>;
  }

  /** The same, and goes on with the session that comes of it. */
  async rise<T extends Raised | CodedError>(
    work: (
      tx: Parameters<Parameters<TestVault['unitOfWork']['run']>[0]>[0],
      asker: Asker<VaultStaff>,
    ) => Promise<T>,
  ): Promise<Exclude<T, CodedError>> {
    const raised = await this.ask(work);
    await this.goOn((raised as Raised).secret);
    return raised;
  }

  async enrolTotp(): Promise<void> {
    const { enrolment } = this.vault;
    this.totpSecret = (await this.ask((tx, asker) => enrolment.beginTotp(tx, asker))).secret;
    await this.rise((tx, asker) => enrolment.finishTotp(tx, asker, this.code()));
  }

  async enrolPasskey(): Promise<void> {
    const { enrolment } = this.vault;
    const options = await this.ask((tx, asker) => enrolment.beginPasskey(tx, asker));
    const made = this.passkey.create(options);
    await this.rise((tx, asker) => enrolment.finishPasskey(tx, asker, made));
  }

  useTotp(code = this.code()) {
    return this.rise((tx, asker) => this.vault.factorUse.useTotp(tx, asker, code));
  }

  async usePasskey(): Promise<void> {
    const { factorUse } = this.vault;
    const options = await this.ask((tx, asker) => factorUse.beginPasskey(tx, asker));
    const assertion = this.passkey.get(options);
    await this.rise((tx, asker) => factorUse.usePasskey(tx, asker, assertion));
  }

  /** A code of the authenticator app. @param steps how many steps of 30 seconds from now */
  code(steps = 0): string {
    return totp(this.totpSecret, this.vault.now() + steps * 30_000);
  }
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 6238 and 4226 written down again: a test must not ask the library under test for the right answer. */
function totp(secret: string, now: number): string {
  const bits = [...secret].map((char) => BASE32.indexOf(char).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
