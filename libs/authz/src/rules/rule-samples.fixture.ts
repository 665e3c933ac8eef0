import { DAYS } from '@integument/contracts';
import { type Caller, client, staff } from '../caller.js';
import { bookOf, type DraftedRule } from './rules.fixture.js';

export const NOON = Date.UTC(2026, 5, 3, 10); // a Wednesday; noon in Berlin
export const READ = { action: 'read', resource: 'Person' } as const;
export const REVEAL = { action: 'reveal', resource: 'Person' } as const;
export const support = staff({ id: 's', session: 'x', roles: ['support'], regions: ['DE', 'US-CA'] });
export const officer = staff({ id: 'o', session: 'x', roles: ['privacy-officer'] });
export const shop = client({ clientId: 'shop', use: 'identity' });

export const rule = (change: Partial<DraftedRule>): DraftedRule => ({
  id: 'r',
  app: 'vault',
  who: { roles: ['support'] },
  ...READ,
  only: [{ region: ['DE'] }],
  ...change,
});
export const berlin = (from: string, to: string, days: readonly (typeof DAYS)[number][] = DAYS) => ({
  hours: { days: [...days], from, to, timeZone: 'Europe/Berlin' },
});
export const isOpen = (rules: DraftedRule[], caller: Caller, at = NOON, ability = READ) =>
  bookOf(rules).admits(caller, ability, () => at);
