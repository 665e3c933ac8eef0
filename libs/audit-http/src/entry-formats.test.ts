import { AUDIT_STREAM_FORMATS } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { ENTRY_FORMATS } from './entry-formats.js';

const whole = {
  v: 1,
  at: '2026-03-01T10:00:00.123Z',
  action: 'people.reveal',
  outcome: 'refused',
  code: 'auth.forbidden',
  actor: {
    kind: 'staff',
    id: 'olivia',
    roles: ['a', 'b'],
    session: 's',
    client: 'web',
    signInAge: 9,
    factorAge: 0,
    guardian: true,
  },
  subject: '-AbC',
  purpose: 'support',
  fields: ['email', 'phone'],
  reason: { code: 'order', reference: 'ORD-7' },
  count: 3,
  object: 'o',
  requestId: 'r',
  from: { listener: 'public', network: '203.0.113.0/24' },
  policy: 'abcdef012345',
  details: { n: 1 },
};
const stored = (position: number, text: string | Buffer) => ({
  position,
  entry: Buffer.from(text as string),
});
const write = (format: (typeof AUDIT_STREAM_FORMATS)[number], ...texts: (string | Buffer)[]) =>
  ENTRY_FORMATS[format].write(
    texts.map((text, n) => stored(n, text)),
    'test.example/audit',
  );

describe('NDJSON', () => {
  it('has the bytes of an entry as they are stored, whatever spelling they have', () => {
    const odd = '{ "v":1.0, "at":"\\u0041", "é":2 }';
    expect(write('ndjson', odd)).toBe(`{"position":0,"entry":${odd}}\n`);
  });

  it('has null for bytes that would not be one line of JSON', () => {
    const texts = [
      'no json',
      '{"a":\n1}',
      '{"a":\r1}',
      '1},"x":{',
      Buffer.from('{"a":"\xff"}', 'latin1'),
      '',
    ];
    const lines = write('ndjson', ...texts).split('\n');
    expect(lines).toEqual([...texts.map((_, n) => `{"position":${n},"entry":null}`), '']);
  });
});

describe('CSV', () => {
  const headings = ENTRY_FORMATS.csv.head.trimEnd().split(',');

  it('has a cell for everything that an entry can say', () => {
    const [record = ''] = write('csv', JSON.stringify(whole)).split('\r\n');
    const cells = record.replaceAll('"{""n"":1}"', '{n}').split(',');
    expect(Object.fromEntries(headings.map((heading, n) => [heading, cells[n]]))).toEqual({
      position: '0',
      at: '2026-03-01T10:00:00.123Z',
      action: 'people.reveal',
      outcome: 'refused',
      code: 'auth.forbidden',
      actor_kind: 'staff',
      actor: 'olivia',
      actor_roles: 'a b',
      session: 's',
      client: 'web',
      sign_in_age: '9',
      factor_age: '0',
      guardian: 'true',
      subject: "'-AbC",
      purpose: 'support',
      fields: 'email phone',
      reason: 'order',
      reference: 'ORD-7',
      count: '3',
      object: 'o',
      request: 'r',
      listener: 'public',
      network: '203.0.113.0/24',
      policy: 'abcdef012345',
      details: '{n}',
    });
  });

  it('lets no spreadsheet run a cell, and no cell leave its place', () => {
    for (const hostile of ['=1+1', '+1', '-1', '@x', '\t=1', 'a,"b"\r\n=1,2']) {
      const record = write('csv', JSON.stringify({ ...whole, purpose: hostile, details: hostile }));
      expect(record).not.toMatch(/(^|,)"?[=+@\t-]/);
      if (hostile.startsWith('a')) expect(record).toContain(',"a,""b""\r\n=1,2",');
    }
  });

  it('keeps the position of an entry whose bytes are no entry', () => {
    const empty = ','.repeat(headings.length - 1);
    expect(write('csv', 'no json', '7', 'null')).toBe([0, 1, 2].map((n) => `${n}${empty}\r\n`).join(''));
    expect(write('csv', '[]').startsWith('0,')).toBe(true);
  });
});
