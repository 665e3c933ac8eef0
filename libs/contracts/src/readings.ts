import { z } from 'zod';
import { PERMIT_PROBLEMS } from './permit.js';
import { defineRoute } from './route.js';

/** What a stream measures. Codes follow the units of UCUM. */
export const STREAMS = {
  'skin-temperature': 'Cel',
  'electrodermal-activity': 'uS',
  'heart-rate': '/min',
  'blood-volume-pulse': '1',
  'inter-beat-interval': 's',
  acceleration: 'g',
  'skin-hydration': '%',
  'uv-exposure': 'J/m2',
} as const;
export const STREAM_NAMES = Object.keys(STREAMS) as [keyof typeof STREAMS, ...(keyof typeof STREAMS)[]];
export type StreamName = keyof typeof STREAMS;

const stream = z.enum(STREAM_NAMES);
const MAX_READINGS = 10_000;
/** 2000-01-01 to 2100-01-01: an instant outside is a wrong clock or a wrong unit. */
const instant = z.int().min(946_684_800_000).max(4_102_444_800_000).describe('ms since the Unix epoch');

const reading = z.tuple([instant, z.number()]);
export type Reading = z.output<typeof reading>;

export const storeReadings = defineRoute({
  id: 'readings.store',
  method: 'POST',
  path: '/v1/readings',
  summary: 'Store a batch of readings; the same batch id twice stores it once',
  tag: 'Readings',
  audience: ['person', 'health-client'],
  ability: { action: 'store', resource: 'Reading' },
  bodyLimit: 4 * 1024 * 1024,
  body: z.strictObject({
    batch: z.uuid().describe('Chosen by the sender'),
    stream,
    readings: z.array(reading).min(1).max(MAX_READINGS).describe('[time, value] pairs'),
  }),
  status: 201,
  reply: z.object({ stored: z.int(), duplicate: z.boolean() }),
  problems: [...PERMIT_PROBLEMS, 'readings.batch_mismatch', 'readings.batch_running'],
});

export const readReadings = defineRoute({
  id: 'readings.read',
  method: 'GET',
  path: '/v1/readings',
  summary: 'Read readings back in order of time',
  tag: 'Readings',
  audience: ['person', 'health-client'],
  ability: { action: 'read', resource: 'Reading' },
  query: z.strictObject({
    stream,
    from: z.coerce.number().pipe(instant).optional(),
    to: z.coerce.number().pipe(instant).optional(),
    cursor: z.string().max(64).optional(),
    limit: z.coerce.number().int().min(1).max(MAX_READINGS).default(1_000),
  }),
  reply: z.object({ stream, unit: z.string(), readings: z.array(reading), next: z.string().nullable() }),
  problems: PERMIT_PROBLEMS,
});
