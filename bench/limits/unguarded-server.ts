import { defineRoute, noop, readSession } from '@integument/contracts';
import { AskedIn, type Circumstances, createHttpApp, Implements } from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { Controller, Module } from '@nestjs/common';

const OPEN = { audience: ['public'], ability: undefined, factor: undefined } as const;
const openNoop = defineRoute({ ...noop, ...OPEN });
const openSession = defineRoute({ ...readSession, ...OPEN });

/** As long as what somebody of staff is told, and made of the same. */
const WHEN = new Date('2026-01-01T00:00:00.000Z');
const ROLES = ['auditor'];

@Controller()
class UnguardedController {
  @Implements(openNoop)
  noop() {
    return { ok: true as const };
  }

  @Implements(openSession)
  session(@AskedIn() _: Circumstances) {
    return {
      kind: 'staff' as const,
      roles: [...ROLES],
      account: null,
      authenticatedAt: WHEN.toISOString(),
      factorAt: WHEN.toISOString(),
      expiresAt: WHEN.toISOString(),
    };
  }
}

@Module({ controllers: [UnguardedController] })
class UnguardedModule {}

/** The same routes of the same framework, contracts and headers, open to anybody: nobody is looked up, asked for or counted. @returns the port */
export async function serveUnguarded(): Promise<number> {
  const app = await createHttpApp(UnguardedModule, {
    logger: createLogger({ service: 'bench', level: 'error' }),
    title: 'Unguarded',
    description: 'The limit of a guarded route.',
    version: '0',
    publicUrl: 'http://127.0.0.1',
    listener: 'public',
    allowedOrigins: ['http://web.example'],
    docs: false,
    wire: () => ({
      callers: { resolve: () => null },
      refusals: { refused: () => Promise.resolve(), refusedStranger: () => undefined },
      limits: null,
      rules: null,
      policies: [],
      checks: {},
    }),
  });
  return app.listen(0, '127.0.0.1');
}
