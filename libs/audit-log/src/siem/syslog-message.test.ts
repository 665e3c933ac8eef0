import { describe, expect, it } from 'vitest';
import { ocsfEvent } from './ocsf.js';
import { frame, SD_ID, structuredData, syslogMessage } from './syslog-message.js';

function message(changes: object = {}, hostname = 'vault-1.example') {
  const entry = {
    v: 1,
    at: '2026-01-15T12:00:00.123Z',
    action: 'people.reveal',
    outcome: 'done',
    actor: { kind: 'staff', id: 'olivia' },
    ...changes,
  };
  const bytes = Buffer.from(JSON.stringify(entry));
  return syslogMessage(ocsfEvent({ origin: 'log.example/a', position: 7, bytes }, new Date(0)), hostname);
}

describe('a syslog message', () => {
  it('has the fields of RFC 5424 in their order, then the event', () => {
    const text = message();
    const [, head, json] = /^(.*?\]) (\{.*\})$/.exec(text) ?? [];
    expect(head).toBe(
      '<110>1 2026-01-15T12:00:00.123Z vault-1.example integument - people.reveal ' +
        '[integument@32473 log="log.example/a" position="7" action="people.reveal" outcome="done"]',
    );
    expect(JSON.parse(json ?? '')).toMatchObject({ class_uid: 6005, metadata: { sequence: 7 } });
  });

  it.each([
    [{ outcome: 'done' }, 110],
    [{ outcome: 'refused', code: 'a.b' }, 108],
    [{ reason: { code: 'break-glass' } }, 106],
    [{ at: 'never' }, 106],
  ])('of %o has the priority %i', (changes, priority) => {
    expect(message(changes)).toMatch(new RegExp(`^<${priority}>1 `));
  });

  it('says that something was refused', () => {
    expect(message({ outcome: 'refused', code: 'a.b' })).toContain(' outcome="refused"]');
  });

  it('cuts a long action for the field that takes 32 characters, and has it whole beside', () => {
    const action = `things.${'x'.repeat(60)}`;
    expect(message({ action })).toContain(` - ${action.slice(0, 32)} [`);
    expect(message({ action })).toContain(` action="${action}"`);
  });

  it.each([
    ['two words', 'two_words'],
    ['höst\n', 'h_st_'],
    ['', '-'],
    ['h'.repeat(300), 'h'.repeat(255)],
  ])('can not be shifted by the host name %j', (hostname, written) => {
    expect(message({}, hostname).split(' ')[2]).toBe(written);
  });

  it('is ASCII, whatever an entry holds, and still the same JSON', () => {
    const details = { text: 'Ä\u2028😀\u0000\n' };
    const text = message({ details });
    expect(text).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(text.slice(text.indexOf('] {') + 2))).toMatchObject({ unmapped: { details } });
  });

  it('is counted in octets', () => {
    expect(frame('<110>1 é').toString()).toBe('9 <110>1 é');
  });
});

describe('structured data', () => {
  it.each([
    ['plain', 'plain'],
    ['a"b', 'a\\"b'],
    ['a]b', 'a\\]b'],
    ['a\\b', 'a\\\\b'],
    ['"]\\', '\\"\\]\\\\'],
    ['\\"', '\\\\\\"'],
  ])('escapes %j', (value, written) => {
    expect(structuredData({ log: value })).toBe(`[${SD_ID} log="${written}"]`);
  });
});
