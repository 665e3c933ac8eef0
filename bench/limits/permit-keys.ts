import { process as another } from '@integument/authz';
import type { GateId } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { byteaArray, textArray, UnitOfWork, whenReady } from '@integument/database';
import { findIn, Periodic } from '@integument/http';
import { createLogger } from '@integument/telemetry';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../apps/vault/src/app.module.js';
import { DomainKeys } from '../../apps/vault/src/features/keys/index.js';
import { PermitsService } from '../../apps/vault/src/features/permits/index.js';
import { watchKeys } from '../../apps/vault/src/platform/watch-keys.js';
import { answerQuestions } from '../side-process.js';
import type { TransitAddress } from './transit-stand-in.js';
import { settings } from './vault-settings.js';

/** The keys of permits, asked for as the API's process asks, in strict mode. */
export type PermitKeys =
  | {
      readonly open: { readonly database: string; readonly issuer: string; readonly transit: TransitAddress };
    }
  /** @returns seconds that it took to be told the keys of so many new permits, so many in a request */
  | { readonly tell: { readonly permits: number; readonly atOnce: number } };

interface Stage {
  readonly unitOfWork: UnitOfWork;
  readonly keys: DomainKeys;
  readonly permits: PermitsService;
}

const ASKER = { caller: another({ name: 'api' }), requestId: 'req-bench' };
let stage: Stage | undefined;

async function handle(question: PermitKeys): Promise<{ seconds: number }> {
  if ('open' in question) return { seconds: await timed(() => open(question.open)) };
  if (!stage) throw new Error('nothing is open');
  const { permits, atOnce } = question.tell;
  const gates = await coldPermits(stage, permits);
  const { unitOfWork, permits: service } = stage;
  return {
    seconds: await timed(async () => {
      for (let at = 0; at < gates.length; at += atOnce) {
        const body = { gates: gates.slice(at, at + atOnce), use: 'process' as const };
        const { keys } = await unitOfWork.run((tx) => service.handOutKeys(tx, ASKER, body));
        if (keys.length !== body.gates.length) throw new Error('fewer keys than permits');
      }
    }),
  };
}

async function open({ database, issuer, transit }: Extract<PermitKeys, { open: object }>['open']) {
  const config = { ...settings(database, issuer, transit), KEYRING_STRICT: 'on' as const };
  const logger = createLogger({ service: 'bench', level: 'error' });
  const app = await NestFactory.createApplicationContext(AppModule.with(config, logger), { logger: false });
  // As main.ts does: keys whose versions nobody reads are not used for long.
  new Periodic(logger).all(watchKeys(findIn(app)));
  const get = <T>(of: new (...args: never[]) => T): T => app.get(of, { strict: false });
  stage = { unitOfWork: get(UnitOfWork), keys: get(DomainKeys), permits: get(PermitsService) };
}

/** Whoever makes a key asks for it like anybody else: all of these are cold. */
async function coldPermits({ unitOfWork, keys }: Stage, count: number): Promise<GateId[]> {
  const made = await whenReady(() => {
    keys.demandMinted(count + 1);
    return Array.from({ length: count }, () => {
      const pseudonym = randomId();
      return { gate: randomId(), pseudonym, ...keys.mint('permit', pseudonym) };
    });
  });
  const person = randomId();
  const whose = await whenReady(() => keys.mint('person', person));
  await unitOfWork.run(async (tx) => {
    await tx.query(
      'INSERT INTO person (person_id, domain_key, wrapped_key, subject) VALUES ($1, $2, $3, sha256($1))',
      [person, whose.domainKey, whose.wrapped],
    );
    await tx.query(
      `INSERT INTO permit (gate_id, epoch, state, person_id, purpose, pseudonym, domain_key, wrapped_key)
       SELECT gate, 1, 'open', $4, purpose, pseudonym, $5, wrapped
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $6::text[]) AS n(gate, pseudonym, wrapped, purpose)`,
      [
        byteaArray(made.map(({ gate }) => gate)),
        byteaArray(made.map(({ pseudonym }) => pseudonym)),
        byteaArray(made.map(({ wrapped }) => wrapped)),
        person,
        made[0]?.domainKey,
        textArray(made.map((_one, at) => `bench-${at}`)),
      ],
    );
  });
  return made.map(({ gate }) => encodeId('gat', gate) as GateId);
}

async function timed(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

answerQuestions(handle);
