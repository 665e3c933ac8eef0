import { readCheckpoint } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { ask } from '../outside/ask.js';
import { type Browser, signIn } from '../outside/browser.js';
import { CertificateHolder } from '../outside/certificate-holder.js';
import { Client } from '../outside/client.js';
import { stranger, type Visitor } from '../outside/visitor.js';
import { type Canary, type SyntheticPerson, synthesise } from './canaries.js';
import { type App, Tape } from './tape.js';

export const PEOPLE = 1_000;

/** Somebody of the thousand who takes part, with what they learn on the way. */
export interface Actor {
  readonly person: SyntheticPerson;
  /** as the shop knows them */
  shopName: string;
  browser: Visitor;
  /** pseudonyms by purpose */
  permits: Partial<Record<string, string>>;
}

/** What an app's log was before the demo did anything. */
export interface LogStart {
  readonly size: number;
  readonly note: string;
}

/** Who and what takes part in the demo. Everybody acts through the public interfaces, each with their own credential. */
export class Stage {
  readonly vault: string;
  readonly api: string;
  readonly internal: string;
  readonly tape = new Tape();
  readonly people: readonly SyntheticPerson[] = synthesise(PEOPLE);
  /** Alma does everything, Bo is somebody else with data of their own, Cleo is there for comparison. */
  readonly alma: Actor;
  readonly bo: Actor;
  readonly cleo: Actor;
  /** towards the vault, by an identity client */
  readonly shop: Visitor;
  /** towards the API, by a health client */
  readonly skinApp: Visitor;
  readonly apiProcess: CertificateHolder;
  /** health values that stand nowhere else */
  readonly healthCanaries: Canary[] = [];
  readonly healthNumbers: number[] = [];
  /** requests that were refused, by the app that refused them */
  readonly refusals: { readonly app: App; readonly requestId: string; readonly code: string }[] = [];
  #auditor: Promise<Browser> | undefined;

  private constructor(
    readonly info: PlatformInfo,
    readonly logsAtStart: Readonly<Record<App, LogStart>>,
  ) {
    ({ vault: this.vault, api: this.api, vaultInternal: this.internal } = info.urls);
    this.shop = this.tape.recording(new Client(info, 'brand-shop'), info);
    this.skinApp = this.tape.recording(new Client(info, 'skin-app'), info);
    this.apiProcess = CertificateHolder.asApi(info);
    [this.alma, this.bo, this.cleo] = [this.actor(0), this.actor(1), this.actor(2)];
  }

  static async set(info: PlatformInfo): Promise<Stage> {
    const [vault, api] = await Promise.all([logOf(info.urls.vault), logOf(info.urls.api)]);
    return new Stage(info, { vault, api });
  }

  url(app: App): string {
    return app === 'vault' ? this.vault : this.api;
  }

  /** A fresh browser in which somebody of the thousand has signed in, at both apps. */
  async signIn(actor: Actor): Promise<void> {
    actor.browser = this.tape.recording(await signIn(this.info, actor.person.subject), this.info);
  }

  auditor(): Promise<Browser> {
    this.#auditor ??= signIn(this.info, this.info.staff.auditor);
    return this.#auditor;
  }

  close(): void {
    this.apiProcess.close();
  }

  private actor(at: number): Actor {
    const person = this.people[at];
    if (!person) throw new RangeError('nobody is there');
    return { person, shopName: '', browser: stranger, permits: {} };
  }
}

async function logOf(app: string): Promise<LogStart> {
  const { size, note } = await ask(stranger, app, readCheckpoint);
  return { size, note };
}

/** The pseudonym that an actor must have by now. */
export function permitOf(actor: Actor, purpose: 'ingest' | 'recommendation'): string {
  const permit = actor.permits[purpose];
  if (!permit) throw new Error(`there is no permit for ${purpose}`);
  return permit;
}
