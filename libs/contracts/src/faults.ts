import { z } from 'zod';
import { PERMIT_PROBLEMS } from './permit.js';
import { defineRoute } from './route.js';

/**
 * All that an app can say of a fault. Counts lie open and staff read them, so there is no word of the sender's own in them: a part
 * could be called after somebody, a code after what they have.
 */
export const FAULT_PARTS = [
  'app',
  'camera',
  'device',
  'notifications',
  'screen',
  'sensor',
  'sign-in',
  'storage',
  'sync',
  'update',
] as const;
export const FAULT_CODES = [
  'answer.refused',
  'answer.unreadable',
  'battery.low',
  'crash',
  'data.lost',
  'device.disconnected',
  'device.not-found',
  'download.timeout',
  'leave.missing',
  'screen.blank',
  'screen.frozen',
  'server.unavailable',
  'storage.full',
  'update.failed',
  'upload.timeout',
  'other',
] as const;

const version = z.string().regex(/^\d{1,4}(?:\.\d{1,4}){0,3}$/);
/** Reports are kept for longer than a list of words need stay as it is. */
const word = z.string().max(64);
const kept = { part: word, code: word, version };

/** Faults of fewer people than this are not shown. */
export const FAULTS_SHOWN_FROM = 5;
/** People are counted once in so many days, today included: those that are shown. */
export const FAULTS_SHOWN_DAYS = 30;

export const reportFault = defineRoute({
  id: 'faults.report',
  method: 'POST',
  path: '/v1/faults',
  summary:
    'Report a fault of the app or a device, under the permit for `fault-finding`; the same report twice is kept once',
  tag: 'Faults',
  audience: ['person', 'health-client'],
  ability: { action: 'report', resource: 'Fault' },
  body: z.strictObject({
    report: z.uuid().describe('Chosen by the sender'),
    part: z.enum(FAULT_PARTS).describe('Of the app or a device'),
    code: z.enum(FAULT_CODES).describe('What went wrong'),
    version,
  }),
  status: 201,
  reply: z.object({ duplicate: z.boolean() }),
  problems: PERMIT_PROBLEMS,
});

export const listFaults = defineRoute({
  id: 'faults.list',
  method: 'GET',
  path: '/v1/me/faults',
  summary: 'What is kept of the person’s own fault reports',
  tag: 'Faults',
  audience: ['person'],
  ability: { action: 'read', resource: 'Fault' },
  reply: z.object({ faults: z.array(z.object({ onDay: z.iso.date(), ...kept })) }),
  problems: PERMIT_PROBLEMS,
});

export const countFaults = defineRoute({
  id: 'faults.count',
  method: 'GET',
  path: '/v1/faults/counts',
  summary: `How many people reported which fault in the last ${FAULTS_SHOWN_DAYS} days; not below ${FAULTS_SHOWN_FROM}`,
  tag: 'Faults',
  audience: ['staff'],
  ability: { action: 'read', resource: 'FaultCount' },
  reply: z.object({ counts: z.array(z.object({ ...kept, people: z.int() })) }),
});
