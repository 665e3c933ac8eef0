import { type AnswerOf, type Problem, problem, type RouteContract } from '@integument/contracts';
import * as oidc from 'openid-client';
import { reasonOf } from '../auditor/reason.js';
import { Failure } from './failure.js';
import type { Interruption } from './interruption.js';
import { isLoopback, type VaultSettings } from './settings.js';

/** What is sent to a route; the body as the text that leaves, so that the same again is the same bytes. */
export interface VaultCall {
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly idempotencyKey?: string;
  /** Not sent again once the vault could have it: done twice it would cost something that nobody has seen. */
  readonly once?: boolean;
}

/** The vault, as the commands use it. */
export interface Vault {
  /** @throws {Failure} for whatever waiting and a new access token don't help against; {Refusal} for a coded refusal */
  call<R extends RouteContract>(route: R, call: VaultCall): Promise<AnswerOf<R>>;
}

/** The vault said no, and why. */
export class Refusal extends Failure {
  constructor(
    route: string,
    readonly status: number,
    readonly problem: Problem | undefined,
  ) {
    super(`${route} was answered with status ${status}${reasonIn(problem)}`);
  }

  get code(): string {
    return this.problem?.code ?? '';
  }
}

/** ` (request.invalid: body.people)`: a code, and places of the contract. */
function reasonIn(problem: Problem | undefined): string {
  if (!problem) return '';
  const places = problem.errors?.map(({ path }) => path) ?? [];
  return ` (${[problem.code, places.slice(0, 5).join(', ')].filter((part) => part !== '').join(': ')})`;
}

const AUDIENCE = 'urn:integument:vault';
const CALL_SECONDS = 300;
/** A new token is fetched a little before the old one ends: a big call takes its time. */
const EARLY_MS = 30_000;
const USUAL_WAIT_MS = 2_000;
/** how long one call is waited for, however often the vault asks for it */
const PATIENCE_MS = 30 * 60_000;
/** tries where it isn't the network that fails */
const CONNECTIONS = 4;
/** Nothing was sent: whoever should have it is not there. */
const UNSENT = new Set([
  ...['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN'],
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** It may have been sent. */
const BROKEN = new Set([
  ...['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ECONNABORTED'],
  ...['UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'],
]);
/** The vault's own "later", and those of a proxy whose vault is away: of those it may have had the call. */
const LATER = new Set([429, 503]);
const AWAY = new Set([502, 504]);

interface Access {
  readonly token: string;
  readonly isBound: boolean;
  readonly until: number;
}

/** An identity client over HTTP. Its token is bound to a key of this run wherever the provider can (RFC 9449). */
export class VaultClient implements Vault {
  #access: Promise<Access> | undefined;

  private constructor(
    private readonly vault: URL,
    private readonly provider: oidc.Configuration,
    private readonly key: oidc.DPoPHandle | undefined,
    private readonly interruption: Interruption,
  ) {}

  static async enter(settings: VaultSettings, interruption: Interruption): Promise<VaultClient> {
    try {
      const { issuer, clientId, clientSecret } = settings;
      const local = isLoopback(issuer) || isLoopback(settings.vault);
      const options = local ? { execute: [oidc.allowInsecureRequests] } : {};
      const basic = oidc.ClientSecretBasic(clientSecret);
      const provider = await oidc.discovery(issuer, clientId, undefined, basic, options);
      provider.timeout = CALL_SECONDS;
      const binds = provider.serverMetadata().dpop_signing_alg_values_supported?.includes('ES256');
      const key = binds ? oidc.getDPoPHandle(provider, await oidc.randomDPoPKeyPair('ES256')) : undefined;
      const client = new VaultClient(settings.vault, provider, key, interruption);
      await client.access();
      return client;
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw new Failure(`the OpenID provider can’t be used: ${reasonOf(error)}`);
    }
  }

  async call<R extends RouteContract>(route: R, call: VaultCall): Promise<AnswerOf<R>> {
    const reply = await this.answered(route, call);
    if (reply.status < 200 || reply.status > 299) {
      throw new Refusal(route.id, reply.status, problem.safeParse(await jsonOf(reply)).data);
    }
    const parsed = route.reply?.safeParse(await jsonOf(reply));
    if (parsed && !parsed.success) throw new Failure(`${route.id}: the answer is none of this vault’s`);
    return parsed?.data as AnswerOf<R>;
  }

  /** The answer, once it is one: neither "later" nor "who are you". */
  private async answered(route: RouteContract, call: VaultCall): Promise<Response> {
    const until = Date.now() + PATIENCE_MS;
    let renewed = false;
    for (;;) {
      const reply = await this.connected(route, call, until);
      const waits = LATER.has(reply.status) || (AWAY.has(reply.status) && !call.once);
      if (waits && Date.now() < until) {
        await reply.body?.cancel();
        await this.interruption.wait(waitMs(reply));
      } else if (reply.status === 401 && !renewed) {
        await reply.body?.cancel();
        renewed = true;
        this.#access = undefined;
      } else return reply;
    }
  }

  /**
   * A connection that breaks is made anew: a call with a key is done once, however often it is sent. A vault that isn't there is
   * waited for, however it shows.
   */
  private async connected(route: RouteContract, call: VaultCall, until: number): Promise<Response> {
    for (let tries = 1; ; tries++) {
      const access = await this.access();
      try {
        return await this.send(access, route, call);
      } catch (error) {
        if (error instanceof oidc.WWWAuthenticateChallengeError) return error.response;
        const what = networkCodeOf(error);
        if (call.once && !UNSENT.has(what))
          throw new Failure(`${route.id} may have been done: ${reasonOf(error)}`);
        const patient = (UNSENT.has(what) || BROKEN.has(what)) && Date.now() < until;
        if (!patient && tries >= CONNECTIONS)
          throw new Failure(`the vault can’t be reached: ${reasonOf(error)}`);
        await this.interruption.wait(Math.min(tries * 500, USUAL_WAIT_MS));
      }
    }
  }

  private send(access: Access, { method, path }: RouteContract, call: VaultCall): Promise<Response> {
    const { params = {}, body, idempotencyKey } = call;
    const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
    const headers = new Headers(body === undefined ? {} : { 'content-type': 'application/json' });
    if (idempotencyKey !== undefined) headers.set('idempotency-key', idempotencyKey);
    const proof = access.isBound && this.key ? { DPoP: this.key } : {};
    const url = new URL(filled, this.vault);
    return oidc.fetchProtectedResource(this.provider, access.token, url, method, body, headers, proof);
  }

  private async access(): Promise<Access> {
    const current = await this.#access;
    if (current && Date.now() < current.until) return current;
    this.#access = this.fetchAccess();
    this.#access.catch(() => {
      this.#access = undefined;
    });
    return this.#access;
  }

  private async fetchAccess(): Promise<Access> {
    const wish = { resource: AUDIENCE };
    try {
      const proof = this.key ? { DPoP: this.key } : {};
      const granted = await oidc.clientCredentialsGrant(this.provider, wish, proof);
      const seconds = granted.expires_in ?? 60;
      return {
        token: granted.access_token,
        isBound: granted.token_type === 'dpop',
        until: Date.now() + Math.max(seconds * 1_000 - EARLY_MS, seconds * 500),
      };
    } catch (error) {
      throw new Failure(`the OpenID provider gave no access token: ${whyNoToken(error)}`);
    }
  }
}

/** What the system calls it, wherever in the chain of causes. */
function networkCodeOf(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && (UNSENT.has(code) || BROKEN.has(code))) return code;
    if (at instanceof AggregateError) return networkCodeOf(at.errors[0]);
  }
  return '';
}

function whyNoToken(error: unknown): string {
  if (error instanceof oidc.ResponseBodyError) return error.error;
  if (error instanceof oidc.WWWAuthenticateChallengeError) return `it answered with status ${error.status}`;
  return reasonOf(error);
}

/** `Retry-After` in seconds or as a date. */
export function waitMs(reply: Pick<Response, 'headers'>, now = Date.now()): number {
  const asked = reply.headers.get('retry-after');
  if (asked === null) return USUAL_WAIT_MS;
  const ms = /^\d{1,6}$/.test(asked) ? Number(asked) * 1_000 : Date.parse(asked) - now;
  return Number.isNaN(ms) ? USUAL_WAIT_MS : Math.min(Math.max(ms, 100), 10 * 60_000);
}

async function jsonOf(reply: Response): Promise<unknown> {
  try {
    return JSON.parse(await reply.text()) as unknown;
  } catch {
    // Its message would quote the reply.
    return undefined;
  }
}
