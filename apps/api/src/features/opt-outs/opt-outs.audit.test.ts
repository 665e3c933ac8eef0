import { EVENT_CHANNELS, OPT_OUT_CHANNELS } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { optOutMade } from './opt-outs.audit.js';

const made = (channel: string) => () =>
  optOutMade({
    outcome: 'done',
    actor: { kind: 'person', id: 'ssn_1' },
    count: 1,
    details: { kind: 'limit-use', channel: channel as 'web', concerned: 1 },
  });
const OTHERS = EVENT_CHANNELS.filter((channel) => !(OPT_OUT_CHANNELS as readonly string[]).includes(channel));

describe('the entry of an opt-out', () => {
  it.each(OPT_OUT_CHANNELS)('may name the channel %s', (channel) => {
    expect(made(channel)).not.toThrow();
  });

  it.each(OTHERS)('can’t name %s, by which nobody opts out', (channel) => {
    expect(made(channel)).toThrow('channel');
  });
});
