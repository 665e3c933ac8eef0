import { randomBytes, randomUUID } from 'node:crypto';
import { AuditLog } from '@integument/audit-log';
import { client } from '@integument/authz';
import type { BodyOf, Product, PurposeName, storeReadings } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import { byteaArray, openDatabase, type Tx, UnitOfWork } from '@integument/database';
import { IngestStore } from '../../apps/api/src/features/ingest/index.js';
import { IngestService } from '../../apps/api/src/features/ingest/ingest.service.js';
import { type OpenGate, type PermitKeys, PermitsStore } from '../../apps/api/src/features/permits/index.js';
import { PermitsService } from '../../apps/api/src/features/permits/permits.service.js';
import { RecommendationsService } from '../../apps/api/src/features/recommendations/index.js';
import { RecommendationsStore } from '../../apps/api/src/features/recommendations/recommendations.store.js';
import { Recommender } from '../../apps/api/src/features/recommendations/recommender.js';
import { sealEvent } from '../../apps/api/src/features/recommendations/sealed-event.js';
import { demoCatalogue } from '../../tools/demo-data/catalogue/index.js';
import { answerQuestions } from '../side-process.js';

/** Batches stored and lists served under a gate, by the API's own services; and the same where nothing locks and nothing triggers. */
export type GatedEffects =
  | { readonly open: { readonly gated: string; readonly flagged: string } }
  /** @returns seconds that so many effects took, some at a time */
  | {
      readonly put: {
        readonly where: 'flagged' | 'gated';
        readonly effect: 'ingest' | 'list';
        readonly count: number;
        readonly concurrent: number;
      };
    };

const PEOPLE = 1_000;
const READINGS = 100;
const EVENTS = 20;
const KEY = randomBytes(32);
const ASKER = {
  caller: client({ clientId: 'skin-app', use: 'health', purposes: [] }),
  requestId: 'req-bench',
};

/** A gate as a flag that code looks at: the same statement, and no lock. */
class FlagStore extends PermitsStore {
  override async lockOpen<P extends PurposeName>(tx: Tx, pseudonym: Buffer, purpose: P) {
    const rows = await tx.query<OpenGate<P>>(
      {
        name: 'bench.find_open',
        text: `SELECT gate_id, purpose, pseudonym, state, epoch, subject, ends_on::text, due_on::text FROM permit_gate
               WHERE pseudonym = $1 AND purpose = $2 AND state = 'open'`,
      },
      [pseudonym, purpose],
    );
    return rows[0] ?? null;
  }
}

interface Stage {
  readonly permits: PermitsService;
  readonly ingest: IngestService;
  readonly recommendations: RecommendationsService;
  readonly people: { readonly ingest: readonly Buffer[]; readonly list: readonly Buffer[] };
}

const recommender = Recommender.of(null, demoCatalogue as readonly Product[]);
let stages: Record<'flagged' | 'gated', Stage> | undefined;

async function handle(question: GatedEffects): Promise<{ seconds: number }> {
  const started = performance.now();
  if ('open' in question) {
    const { gated, flagged } = question.open;
    stages = {
      gated: await stage(gated, new PermitsStore()),
      flagged: await stage(flagged, new FlagStore()),
    };
  } else await put(question.put);
  return { seconds: (performance.now() - started) / 1_000 };
}

async function put({ where, effect, count, concurrent }: Extract<GatedEffects, { put: object }>['put']) {
  if (!stages) throw new Error('nothing is open');
  const stage = stages[where];
  let left = count;
  const lane = async () => {
    while (left-- > 0) await EFFECT[effect](stage, left % PEOPLE);
  };
  await Promise.all(Array.from({ length: concurrent }, lane));
}

const EFFECT = {
  ingest: ({ permits, ingest, people }: Stage, whose: number) =>
    permits.through(people.ingest[whose] ?? KEY, 'ingest', (tx, leave) =>
      ingest.storeBatch(tx, ASKER, leave, batch()),
    ),
  list: ({ permits, recommendations, people }: Stage, whose: number) =>
    permits.through(people.list[whose] ?? KEY, 'recommendation', (tx, leave) =>
      recommendations.list(tx, ASKER, leave, recommender, { limit: 10 }),
    ),
} as const;

function batch(): BodyOf<typeof storeReadings> {
  const start = Date.UTC(2026, 5, 1);
  const readings = Array.from({ length: READINGS }, (_, at): [number, number] => [start + at * 60_000, at]);
  return { batch: randomUUID(), stream: 'heart-rate', readings };
}

async function stage(url: string, gates: PermitsStore): Promise<Stage> {
  const dataSource = await openDatabase({ url, poolSize: 16, applicationName: 'bench', migrations: [] });
  const unitOfWork = new UnitOfWork(dataSource);
  const audit = new AuditLog();
  const keys = { find: () => Promise.resolve(KEY) } as unknown as PermitKeys;
  const store = new RecommendationsStore();
  const none = undefined as never;
  const people = { ingest: names(), list: names() };
  await unitOfWork.run(async (tx) => {
    await addGates(tx, people.ingest, 'ingest');
    await addGates(tx, people.list, 'recommendation');
    for (const pseudonym of people.list) await store.insert(tx, pseudonym, history(pseudonym));
  });
  if (gates instanceof FlagStore)
    for (const table of ['reading_chunk', 'preference_event'])
      await unitOfWork.run((tx) => tx.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`));
  return {
    permits: new PermitsService(gates, keys, unitOfWork),
    ingest: new IngestService(new IngestStore(), audit),
    recommendations: new RecommendationsService(store, none, none, none, audit, unitOfWork),
    people,
  };
}

function names(): Buffer[] {
  return Array.from({ length: PEOPLE }, randomId);
}

function history(pseudonym: Buffer) {
  return demoCatalogue.slice(0, EVENTS).map(({ id }, at) => {
    const event = { kind: 'interaction', event: randomUUID(), product: id, interaction: 'liked' } as const;
    return sealEvent(KEY, pseudonym, event as never, at);
  });
}

async function addGates(tx: Tx, pseudonyms: readonly Buffer[], purpose: string): Promise<void> {
  await tx.query(
    `INSERT INTO permit_gate (gate_id, purpose, pseudonym, state, epoch, subject, ends_on)
     SELECT uuid_send(gen_random_uuid()), $1, p, 'open', 1, sha256(p), current_date + 700 FROM unnest($2::bytea[]) AS p`,
    [purpose, byteaArray(pseudonyms)],
  );
}

answerQuestions(handle);
