import { gateId } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { codeOf, GiveUp, permanently, storable } from './failure.js';
import { defineJob } from './job.js';

describe('a job', () => {
  it.each([
    ['a public id', { gate: gateId }],
    ['a UUID', { batch: z.uuid() }],
    ['fixed words', { kind: z.enum(['open', 'close']), version: z.literal(2) }],
    ['a list of ids', { gates: z.array(gateId) }],
    ['an id that may be missing', { gate: gateId.optional() }],
    ['nothing', {}],
  ])('may carry %s', (_what, shape: z.ZodRawShape) => {
    expect(defineJob('test.run', shape).attempts).toBe(8);
  });

  it.each([
    ['free text', { note: z.string() }],
    ['text of a looser form', { name: z.string().regex(/^gat_[a-z]+$/) }],
    ['an email address', { email: z.email() }],
    ['a number', { temperature: z.number() }],
    ['a date', { day: z.iso.date() }],
    ['anything', { data: z.unknown() }],
    ['an object', { inner: z.object({ gate: gateId }) }],
    ['a list of text', { notes: z.array(z.string()) }],
    ['an id or text', { either: z.union([gateId, z.string()]) }],
    ['a record', { map: z.record(z.string(), z.string()) }],
  ])('may not carry %s', (_what, shape: z.ZodRawShape) => {
    expect(() => defineJob('test.run', shape)).toThrow(TypeError);
  });

  it('refuses a field that it did not declare', () => {
    expect(defineJob('test.run', {}).schema.safeParse({ name: 'Ada' }).success).toBe(false);
  });

  it.each(['Test', 'test:run', 'test..run', ''])('may not be called %j', (name) => {
    expect(() => defineJob(name, {})).toThrow(TypeError);
  });
});

describe('what is stored of a failure', () => {
  it('is neither the message nor the stack of an error', () => {
    const error = new Error('no row for ada@example.org');
    const stored = storable(error);
    expect(stored.message).toBe('queue.failed');
    expect(stored.stack).toBe('');
  });

  it('is its code where it has one', () => {
    expect(storable(new GiveUp('erasure.impossible')).message).toBe('erasure.impossible');
    expect(permanently('queue.payload_invalid').stack).toBe('');
  });

  it('is no code that looks like text', () => {
    expect(storable(new GiveUp('no row for ada@example.org')).message).toBe('queue.failed');
    expect(codeOf('could not serialize Ada')).toBe('queue.failed');
  });
});
