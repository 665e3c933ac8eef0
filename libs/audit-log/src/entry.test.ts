import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AuditEntry, AuditEntryInvalid, defineAction, EntryDraft } from './entry.js';
import { AuditLog, stagingInsert } from './sql/audit-log.js';

const at = new Date('2026-01-15T12:00:00.000Z');
const reveal = defineAction('people.reveal');
const imported = defineAction(
  'products.import',
  z.object({
    rejected: z.int(),
    source: z.enum(['csv', 'json']).optional(),
    batch: z.object({ rows: z.int() }).optional(),
  }),
);
const actor = { kind: 'staff', id: 'olivia', roles: ['privacy-officer'] } as const;
const read = (draft: EntryDraft) => JSON.parse(draft.encode(at).toString('utf8')) as AuditEntry;

describe('an entry', () => {
  it('says who did what to whom and why, in one order', () => {
    const draft = reveal({
      reason: { code: 'order', reference: 'CASE-1042' },
      outcome: 'done',
      requestId: 'req_1',
      fields: ['email', 'givenName'],
      purpose: 'safety-notice',
      subject: Buffer.alloc(32, 1),
      count: 2,
      actor,
    });
    expect(draft.encode(at).toString('utf8')).toBe(
      '{"v":1,"at":"2026-01-15T12:00:00.000Z","action":"people.reveal","outcome":"done",' +
        '"actor":{"kind":"staff","id":"olivia","roles":["privacy-officer"]},' +
        '"subject":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","purpose":"safety-notice",' +
        '"fields":["email","givenName"],"reason":{"code":"order","reference":"CASE-1042"},"count":2,"requestId":"req_1"}',
    );
  });

  it('about each of many people is what it would be about each alone', () => {
    const facts = { outcome: 'done', actor, fields: ['email'], count: 1, requestId: 'req_1' } as const;
    const details = { rejected: 1, source: 'csv' } as const;
    const people = [1, 2, 3].map((n) => Buffer.alloc(32, n));
    const alone = people.map((subject) =>
      imported({ ...facts, details, subject })
        .encode(at)
        .toString(),
    );
    const [draft] = people.map((subject) => imported({ ...facts, details, subject }));
    expect(draft?.aboutEach(people).map((one) => one.encode(at).toString())).toEqual(alone);
    const later = new Date(at.getTime() + 1);
    expect(draft?.aboutEach(people)[1]?.encode(later).toString()).toBe(
      alone[1]?.replace('12:00:00.000Z', '12:00:00.001Z'),
    );
  });

  it('about each of many is about commitments alone, and not where it was about nobody', () => {
    const about = { outcome: 'done', actor, subject: Buffer.alloc(32) } as const;
    expect(() => reveal(about).aboutEach([Buffer.alloc(32), Buffer.alloc(31)])).toThrow(AuditEntryInvalid);
    expect(() => reveal({ outcome: 'done', actor }).aboutEach([Buffer.alloc(32)])).toThrow(AuditEntryInvalid);
  });

  it('says by which code it was refused', () => {
    const refused = reveal({ outcome: 'refused', code: 'people.purpose_not_allowed', actor });
    expect(read(refused)).toMatchObject({ outcome: 'refused', code: 'people.purpose_not_allowed' });
  });

  it('keeps of its details only what is declared', () => {
    const sent = { rejected: 3, email: 'canary@example.com', batch: { rows: 1, name: 'canary' } };
    expect(read(imported({ outcome: 'done', actor, details: sent })).details).toEqual({
      rejected: 3,
      batch: { rows: 1 },
    });
  });

  it('is of a declared action, or does not compile', () => {
    const audit = new AuditLog(() => at);
    const facts = { outcome: 'done', actor } as const;
    // @ts-expect-error an object that looks like a draft
    expect(() => audit.encode({ action: 'people.peek', ...facts })).toThrow();
    // @ts-expect-error a draft without its action
    expect(() => new EntryDraft(Symbol('declared'), { action: 'people.peek', ...facts })).toThrow(TypeError);
    // @ts-expect-error details that the action does not have
    expect(() => reveal({ ...facts, details: { rejected: 1 } })).not.toThrow();
    // @ts-expect-error no details where the action has some
    expect(() => imported(facts)).toThrow(AuditEntryInvalid);
    // @ts-expect-error a refusal without a code
    expect(() => reveal({ outcome: 'refused', actor })).toThrow(AuditEntryInvalid);
    // @ts-expect-error a code without a refusal
    expect(() => reveal({ outcome: 'done', code: 'x.y', actor })).toThrow(AuditEntryInvalid);
  });

  it.each([
    ['an address as actor', { actor: { ...actor, id: 'canary@example.com' } }],
    ['a sentence as reference', { reason: { code: 'order', reference: 'Mrs canary called' } }],
    ['a name as field', { fields: ['Canary Miller'] }],
    ['a subject that is no commitment', { subject: Buffer.from('canary') }],
    ['a request id with a line break', { requestId: 'canary\n' }],
    ['an undeclared fact', { note: 'canary' }],
    ['an undeclared fact of the actor', { actor: { ...actor, email: 'canary' } }],
    ['a purpose of another shape', { purpose: 'canary, miller' }],
    ['a negative count', { count: -1 }],
  ])('has no room for %s, and the failure does not say what it was', (_, facts) => {
    const wrong = { outcome: 'done', actor, ...facts } as Parameters<typeof reveal>[0];
    const thrown = (() => {
      try {
        return reveal(wrong);
      } catch (error) {
        return error;
      }
    })();
    expect(thrown).toBeInstanceOf(AuditEntryInvalid);
    expect(inspect(thrown, { depth: 9 }).replace(/\n\s+at .*/g, '')).not.toMatch(/canary/i);
  });

  it('takes its time from the clock it was given', () => {
    const audit = new AuditLog(() => at);
    expect(audit.encode(reveal({ outcome: 'done', actor })).toString('utf8')).toContain(
      '"at":"2026-01-15T12:00:00.000Z"',
    );
  });

  it('is never appended as nothing', () => {
    expect(() => new AuditLog().encode()).toThrow(RangeError);
  });
});

describe('an action', () => {
  it.each([
    ['free text', z.object({ note: z.string() })],
    ['free text in a list', z.object({ notes: z.array(z.string().max(9)) })],
    ['free text among alternatives', z.object({ note: z.union([z.int(), z.string()]).optional() })],
    ['text of any length', z.object({ note: z.string().max(20).includes(' ') })],
    ['an address', z.object({ to: z.email() })],
    ['unknown keys', z.looseObject({ n: z.int() })],
    ['unknown keys further in', z.object({ inner: z.object({}).catchall(z.int()) })],
    ['a record', z.object({ counts: z.record(z.string(), z.int()) })],
    ['anything', z.object({ value: z.unknown() })],
    ['a transformed value', z.object({ n: z.int().transform((n) => n + 1) })],
  ])('is not declared with %s in its details', (_, details) => {
    expect(() => defineAction('tests.wrong', details)).toThrow(TypeError);
  });

  it('may have text with a pattern, lists, choices and numbers in its details', () => {
    const details = z.strictObject({
      id: z.string().regex(/^[a-z]{3}$/),
      on: z.iso.date().nullable(),
      kinds: z.array(z.enum(['a', 'b'])).readonly(),
      how: z.union([z.literal('x'), z.boolean()]).optional(),
    });
    expect(() => defineAction('tests.right', details)).not.toThrow();
  });

  it.each(['reveal', 'people.', 'people reveal.x', '.x'])('is not named %j', (id) => {
    expect(() => defineAction(id as 'a.b')).toThrow(TypeError);
  });
});

describe('the staging statement', () => {
  it('takes nothing but a parameter number', () => {
    expect(stagingInsert(3)).toContain('$3::bytea[]');
    expect(() => stagingInsert(0)).toThrow(RangeError);
    expect(() => stagingInsert('1); DROP' as unknown as number)).toThrow(RangeError);
  });
});
