import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_FOLDER } from '../../../../../tools/project-folder.js';
import type { HashicorpOptions } from './hashicorp-keyring.js';
import { TransitKey } from './transit-key.fixture.js';

/** What the server does in place of its work. */
export type Failure =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly text?: string }
  | 'garbage'
  | 'huge'
  | 'reset'
  | 'slow';

const LOCK_OUT_MS = 15 * 60_000;

interface Token {
  readonly mayRenewUntil: number;
  endsAt: number;
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly namespace: string | undefined;
  readonly body: Record<string, unknown>;
}

const POLICY = readFileSync(join(PROJECT_FOLDER, 'deploy/hashicorp-vault/policy.hcl'), 'utf8');
const CAPABILITIES = new Map([
  ['read', 'GET'],
  ['update', 'POST'],
]);

/** What the role may ask, as `TransitServer.asked` has it: the policy of deploy/. */
export const ALLOWED = [...POLICY.matchAll(/^path "([^"]+)" \{ capabilities = \["(\w+)"\] \}$/gm)].map(
  ([, path, capability = '']) => `${CAPABILITIES.get(capability)} ${path}`,
);

function allowed({ method, path }: Asked): boolean {
  return ALLOWED.includes(`${method} ${path}`);
}

interface Reply {
  readonly status: number;
  readonly body?: object | undefined;
}

/**
 * Stands in for HashiCorp Vault: the part of its HTTP interface that the keyring uses, with its paths, bodies, statuses and
 * texts, over a real socket. What a real server shows only on a bad day can be switched on here.
 */
export class TransitServer {
  readonly roleId = randomBytes(16).toString('hex');
  readonly key: TransitKey;
  /** of strict mode */
  readonly dataKeys: TransitKey;
  /** what its clock is ahead of ours; milliseconds */
  ahead = 0;
  failure: Failure | undefined;
  /** the one request that fails, as `asked` has it; all when absent */
  failing: string | undefined;
  /** changes what it would have answered */
  bend: ((body: object | undefined, asked: string) => object | undefined) | undefined;
  /** what is looked at while it is being asked */
  whileAsked: ((asked: string) => Promise<void>) | undefined;
  tokenRenewable = true;
  /** seconds */
  tokenLife = 60;
  /** seconds from its sign-in on, renewed or not */
  tokenLifeMax = 600;
  /** statuses for a batch that was refused: the versions differ */
  refusedBatchStatus = 400;
  /** `POST auth/approle/login` and so on, in order */
  readonly asked: string[] = [];
  /** how many items each batch had, in order */
  readonly items: number[] = [];
  sockets = 0;
  readonly #tokens = new Map<string, Token>();
  readonly #secrets = new Set<string>();
  /** sign-ins with a wrong secret since the last right one or quarter of an hour without any */
  #wrong = { count: 0, last: -Infinity };
  readonly #folder = mkdtempSync(join(tmpdir(), 'integument-transit-'));

  private constructor(
    private readonly server: http.Server | https.Server,
    private readonly options: TransitServerOptions,
  ) {
    this.key = new TransitKey(options.derived ?? true, options.exportable);
    this.dataKeys = new TransitKey(options.dataKeysDerived ?? true);
    server.on('connection', () => {
      this.sockets += 1;
    });
    server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
      this.serve(request, response).catch(() => response.destroy());
    });
    this.newSecret();
  }

  static async start(options: TransitServerOptions = {}): Promise<TransitServer> {
    const server = options.tls
      ? https.createServer({ cert: options.tls.certificate, key: options.tls.key })
      : http.createServer();
    const standIn = new TransitServer(server, options);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return standIn;
  }

  get address(): string {
    const { port } = this.server.address() as AddressInfo;
    return `${this.options.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** How a keyring is opened on it. */
  get settings(): HashicorpOptions {
    return {
      address: this.address,
      roleId: this.roleId,
      secretIdFile: join(this.#folder, 'secret-id'),
      mount: 'transit',
      key: 'integument',
      namespace: this.options.namespace,
      timeoutMs: 1_000,
      now: () => performance.now() + this.ahead,
    };
  }

  /** Everything secret that it has handed out or takes: none of it may be found anywhere. */
  get secrets(): string[] {
    return [...this.#secrets, ...this.#tokens.keys()];
  }

  /** The role gets another secret, and its file has it; the one before is worth nothing. */
  newSecret(): void {
    this.#secrets.clear();
    const secret = randomBytes(24).toString('hex');
    this.#secrets.add(secret);
    writeFileSync(join(this.#folder, 'secret-id'), `${secret}\n`, { mode: 0o600 });
  }

  /** The secret is withdrawn and nobody has written a new one. @returns puts it back */
  withdrawSecret(): () => void {
    const withdrawn = [...this.#secrets];
    this.#secrets.clear();
    return () => {
      for (const secret of withdrawn) this.#secrets.add(secret);
    };
  }

  revokeTokens(): void {
    for (const token of this.#tokens.values()) token.endsAt = 0;
  }

  count(what: string): number {
    return this.asked.filter((line) => line === what).length;
  }

  async close(): Promise<void> {
    rmSync(this.#folder, { recursive: true, force: true });
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { headers, method = '', url = '' } = request;
    const path = url.replace(/^\/v1\//, '');
    this.asked.push(`${method} ${path}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    await this.whileAsked?.(`${method} ${path}`);
    if ((this.failing ?? `${method} ${path}`) === `${method} ${path}` && (await this.fail(response))) return;
    const header = (name: string) => headers[name] as string | undefined;
    const { status, body } = this.answer({
      method,
      path,
      token: header('x-vault-token'),
      namespace: header('x-vault-namespace'),
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    });
    response.writeHead(status, { 'content-type': 'application/json' });
    const bent = this.bend ? this.bend(body, `${method} ${path}`) : body;
    response.end(bent && JSON.stringify(bent));
  }

  private async fail(response: http.ServerResponse): Promise<boolean> {
    const { failure } = this;
    if (failure === undefined) return false;
    if (failure === 'reset') response.destroy();
    else if (failure === 'garbage') response.end('<html>{"data"');
    else if (failure === 'huge') await pipeline(endless(), response).catch(() => undefined);
    else if (failure === 'slow') {
      // A first piece comes in time and the rest doesn't: a limit on silence alone would never end it.
      response.write('{');
      await sleep(5_000, undefined, { ref: false });
    } else {
      const { status, headers, text = 'internal error' } = failure;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify({ errors: [text] }));
    }
    return true;
  }

  private answer(asked: Asked): Reply {
    if (asked.namespace !== this.options.namespace) {
      return failed(404, `no handler for route "${asked.path}". route entry not found.`);
    }
    if (asked.path === 'auth/approle/login') return this.signIn(asked.body);
    const token = this.#tokens.get(asked.token ?? '');
    if (!token || token.endsAt <= this.now() || !allowed(asked)) return failed(403, 'permission denied');
    if (asked.path === 'auth/token/renew-self') return this.renew(asked.token ?? '', token);
    return this.transit(asked);
  }

  private transit({ method, path, body }: Asked): Reply {
    const [, operation, name] =
      /^transit\/(encrypt|decrypt|keys|rewrap)\/(integument|integument-data-keys)$/.exec(path) ?? [];
    const key = name === 'integument' ? this.key : this.dataKeys;
    if (operation === 'keys') return { status: 200, body: { data: key.describe() } };
    if (method !== 'POST' || !operation) return failed(404, 'unsupported path');
    const items = body.batch_input as Record<string, string>[];
    this.items.push(items.length);
    const results = items.map((item) => this.one(key, operation, item));
    const refused = results.some((result) => 'error' in result);
    return { status: refused ? this.refusedBatchStatus : 200, body: { data: { batch_results: results } } };
  }

  private one(key: TransitKey, operation: string, item: Record<string, string>): Record<string, unknown> {
    const context = Buffer.from(item.context ?? '', 'base64');
    try {
      if (operation === 'encrypt') {
        const plaintext = Buffer.from(item.plaintext ?? '', 'base64');
        return { ciphertext: key.encrypt(plaintext, context), key_version: key.newest };
      }
      const plaintext = key.decrypt(item.ciphertext ?? '', context);
      if (operation === 'decrypt') return { plaintext: plaintext.toString('base64') };
      return { ciphertext: key.encrypt(plaintext, context), key_version: key.newest };
    } catch (error) {
      return { error: (error as Error).message };
    }
  }

  private signIn({ role_id, secret_id }: Record<string, unknown>): Reply {
    if (role_id !== this.roleId) return failed(400, 'invalid role or secret ID');
    if (!secret_id) return failed(400, 'missing secret_id');
    if (this.lockedOut()) return failed(403, 'permission denied');
    if (typeof secret_id !== 'string' || !this.#secrets.has(secret_id)) {
      this.#wrong = { count: this.#wrong.count + 1, last: this.now() };
      return failed(400, 'invalid role or secret ID');
    }
    this.#wrong = { count: 0, last: -Infinity };
    const token = `hvs.${randomBytes(24).toString('base64url')}`;
    const now = this.now();
    this.#tokens.set(token, {
      endsAt: now + this.tokenLife * 1_000,
      mayRenewUntil: now + this.tokenLifeMax * 1_000,
    });
    return { status: 200, body: { auth: this.auth(token, this.tokenLife) } };
  }

  /** As by default there: five wrong secrets lock the role out for a quarter of an hour, whatever comes then. */
  private lockedOut(): boolean {
    if (this.now() - this.#wrong.last > LOCK_OUT_MS) this.#wrong = { count: 0, last: -Infinity };
    return this.#wrong.count >= 5;
  }

  private renew(name: string, token: Token): Reply {
    if (!this.tokenRenewable) return failed(400, 'lease is not renewable');
    const now = this.now();
    token.endsAt = Math.min(now + this.tokenLife * 1_000, token.mayRenewUntil);
    return { status: 200, body: { auth: this.auth(name, Math.floor((token.endsAt - now) / 1_000)) } };
  }

  private auth(token: string, seconds: number): object {
    const policies = ['integument-vault'];
    return {
      client_token: token,
      accessor: 'x',
      policies,
      lease_duration: seconds,
      renewable: this.tokenRenewable,
    };
  }

  private now(): number {
    return performance.now() + this.ahead;
  }
}

export interface TransitServerOptions {
  readonly tls?: { readonly certificate: string; readonly key: string };
  readonly namespace?: string;
  readonly derived?: boolean;
  readonly exportable?: boolean;
  /** the same as `derived`, of strict mode's key */
  readonly dataKeysDerived?: boolean;
}

async function* endless(): AsyncGenerator<string> {
  for (;;) {
    yield ' '.repeat(1 << 16);
    await sleep(1);
  }
}

function failed(status: number, text: string): Reply {
  return { status, body: { errors: [text] } };
}
