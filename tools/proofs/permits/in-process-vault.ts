import { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  CodedError,
  type ErasureId,
  type openPermit,
  type RouteContract,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type VaultClient, VaultRefused } from '../../../apps/api/src/platform/vault-client.js';
import { SessionEndings } from '../../../apps/vault/src/features/sessions/index.js';
import { API, type TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { Crash } from './crash.js';

/** What happens to a call on its way. */
export const FAULTS = [
  /** the vault never hears of it */
  'lost',
  /** the vault does it, its answer is lost */
  'unanswered',
  /** the API's process ends before it calls */
  'crash-before',
  /** the API's process ends when the vault has done it */
  'crash-after',
] as const;
export type Fault = (typeof FAULTS)[number];

type Body = BodyOf<typeof openPermit> & { gates: never; use: never; keepNo?: true };
type Handler = (tx: Tx, body: Body, erasure: ErasureId) => Promise<unknown>;

interface Input {
  readonly body: Body;
  readonly params?: { readonly erasure: ErasureId };
}

/**
 * Stands where the API has its client: real services on a real vault database, with the network between them replaced by
 * faults that a test decides. The network itself is proved by the end-to-end tests.
 */
export class InProcessVault {
  /** Whether it can't be reached at all. */
  isAway = false;
  readonly #faults = new Map<RouteContract['id'], Fault>();
  #delay: { route: RouteContract['id']; arrive: () => void; released: Promise<void> } | undefined;
  readonly #handlers: Readonly<Record<string, Handler>>;

  constructor(private readonly vault: TestVault) {
    const { permits, permitOpenings: openings, erasures, importedOpenings: imports } = vault;
    const sessionEndings = new SessionEndings(vault.sessionsStore, new AuditLog());
    this.#handlers = {
      'permits.open': (tx, body) => openings.open(tx, API, body),
      'permits.resume': (tx, body) => openings.resume(tx, API, body),
      'permits.freeze': (tx, body) => permits.freeze(tx, API, body),
      'permits.decline': (tx, body) => permits.decline(tx, API, body),
      'permits.keep_opt_out': (tx, body) => vault.optOuts.keep(tx, API, body as never),
      'permits.told': (tx, { gates }) => permits.told(tx, gates),
      'permits.destroy': (tx, { gate, epoch, keepNo }) => permits.destroy(tx, API, gate, epoch, keepNo),
      'permits.keys': (tx, body) => permits.handOutKeys(tx, API, body),
      'letters.request': (tx, body) => vault.letters.request(tx, API, body as never),
      'consent_imports.pending': (tx, body) => imports.pending(tx, API, body),
      'consent_imports.mint': (tx, body) => imports.mint(tx, API, body),
      'consent_imports.settle': (tx, body) => imports.settle(tx, API, body as never),
      'guardianships.consent_endings': (tx) => vault.consentEndings.pending(tx, API),
      'sign_in.session_endings': (tx) => sessionEndings.pending(tx, API),
      'sign_in.confirm_session_endings': (tx, body) =>
        sessionEndings.confirm(tx, API, (body as never as { sessions: never }).sessions),
      'sign_in.redeem': (tx, body) => vault.signIn.redeem(tx, API, (body as never as { code: never }).code),
      'erasure.pending': (tx) => erasures.pending(tx, API),
      'erasure.gates_closed': (tx, _, erasure) => erasures.gatesClosed(tx, API, erasure),
      'erasure.completed': (tx, _, erasure) => erasures.completed(tx, API, erasure),
      'permits.of_session': (tx, { session }) => permits.ofSession(tx, API, session),
    };
  }

  /** The next call of this route meets with this. */
  failNext(route: RouteContract, fault: Fault): void {
    this.#faults.set(route.id, fault);
  }

  /** The vault's answer to the next call of this route stays on its way until it is let go. */
  delayNext(route: RouteContract): { readonly underWay: Promise<void>; readonly release: () => void } {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const underWay = new Promise<void>((arrive) => {
      this.#delay = { route: route.id, arrive, released };
    });
    return { underWay, release };
  }

  /** Everything is well again. */
  heal(): void {
    this.#faults.clear();
  }

  /** Whether what was asked for has happened. */
  get hasFailed(): boolean {
    return this.#faults.size === 0;
  }

  asClient(): VaultClient {
    return {
      call: (route: RouteContract, input: Input) => this.call(route, input),
    } as unknown as VaultClient;
  }

  private async call(route: RouteContract, input: Input): Promise<unknown> {
    if (this.isAway) throw unavailable();
    const fault = this.#faults.get(route.id);
    this.#faults.delete(route.id);
    if (fault === 'crash-before') throw new Crash();
    if (fault === 'lost') throw unavailable();
    // A refusal is an answer, too.
    const reply = await this.handle(route, input).finally(() => this.pass(route));
    if (fault === 'crash-after') throw new Crash();
    if (fault === 'unanswered') throw unavailable();
    return route.reply?.parse(reply);
  }

  private async pass(route: RouteContract): Promise<void> {
    const delay = this.#delay?.route === route.id ? this.#delay : undefined;
    if (!delay) return;
    this.#delay = undefined;
    delay.arrive();
    await delay.released;
  }

  private async handle(route: RouteContract, { body, params }: Input): Promise<unknown> {
    const handler = this.#handlers[route.id];
    if (!handler) throw new Error(`the in-process vault has no ${route.id}`);
    try {
      return await this.vault.unitOfWork.run((tx) => handler(tx, body, params?.erasure as ErasureId));
    } catch (error) {
      if (error instanceof CodedError) throw new VaultRefused(error.status, error.code);
      throw error;
    }
  }
}

/** As the API's client says it where the vault doesn't answer. */
export function unavailable(): CodedError {
  return new CodedError('vault.unavailable', 503, 'The identity plane cannot be reached. Try again.');
}
