import type { FastifyInstance, FastifyReply } from 'fastify';

/** Rejects when the part is not fit to serve. Must give up by itself within seconds. */
export type HealthCheck = () => Promise<unknown>;

const FRESH_MS = 1_000;
const PATIENCE_MS = 3_000;

interface Readiness {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, 'ok' | 'failed'>>;
}

/** `/healthz`: the process is alive. `/readyz`: its parts are, too; 503 once it is going down. */
export class Health {
  #goingDown = false;
  #last: { at: number; readiness: Promise<Readiness> } | null = null;

  constructor(private readonly checks: Readonly<Record<string, HealthCheck>>) {}

  goDown(): void {
    this.#goingDown = true;
  }

  addRoutes(instance: FastifyInstance): void {
    instance.get('/healthz', (_request, reply) => send(reply, 200, { status: 'ok' }));
    instance.get('/readyz', async (_request, reply) => {
      const { ready, checks } = await this.readiness();
      await send(reply, ready ? 200 : 503, { status: ready ? 'ok' : 'unready', checks });
    });
  }

  /** Open to everybody, so asking often must not load the parts: one look a second. */
  private async readiness(): Promise<Readiness> {
    const now = Date.now();
    if (!this.#last || now - this.#last.at > FRESH_MS) this.#last = { at: now, readiness: this.look() };
    const { ready, checks } = await this.#last.readiness;
    return { ready: ready && !this.#goingDown, checks };
  }

  private async look(): Promise<Readiness> {
    const entries = await Promise.all(
      Object.entries(this.checks).map(
        async ([name, check]) => [name, (await passes(check)) ? 'ok' : 'failed'] as const,
      ),
    );
    return { ready: entries.every(([, state]) => state === 'ok'), checks: Object.fromEntries(entries) };
  }
}

async function passes(check: HealthCheck): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, false);
  });
  try {
    return await Promise.race([check().then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function send(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify(body));
}
