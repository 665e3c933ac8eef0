import { z } from 'zod';
import { PERMIT_PROBLEMS } from './permit.js';
import { defineRoute } from './route.js';

/** A word of the app's own for a part or an error: nothing that somebody typed, and no measured value. */
const word = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*$/)
  .max(64);
const fault = {
  part: word.describe('Of the app or a device'),
  code: word.describe('What went wrong, from the app’s own list'),
  version: z.string().regex(/^\d{1,4}(?:\.\d{1,4}){0,3}$/),
};

/** Faults of fewer people than this are not shown. */
export const FAULTS_SHOWN_FROM = 5;

export const reportFault = defineRoute({
  id: 'faults.report',
  method: 'POST',
  path: '/v1/faults',
  summary:
    'Report a fault of the app or a device, under the permit for `fault-finding`; the same report twice counts once',
  tag: 'Faults',
  audience: ['person', 'health-client'],
  ability: { action: 'report', resource: 'Fault' },
  body: z.strictObject({ report: z.uuid().describe('Chosen by the sender'), ...fault }),
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
  reply: z.object({ faults: z.array(z.object({ onDay: z.iso.date(), ...fault })) }),
  problems: PERMIT_PROBLEMS,
});

export const countFaults = defineRoute({
  id: 'faults.count',
  method: 'GET',
  path: '/v1/faults/counts',
  summary: `How often which fault was reported in the last 30 days; not below ${FAULTS_SHOWN_FROM}`,
  tag: 'Faults',
  audience: ['staff'],
  ability: { action: 'read', resource: 'FaultCount' },
  reply: z.object({ counts: z.array(z.object({ ...fault, reports: z.int() })) }),
});
