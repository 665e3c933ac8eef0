import type { EventChannel, NoticeHash } from '@integument/contracts';
import type { LastAgreed } from './consent.store.js';

/** What somebody agrees to, and where. */
export interface Agreement {
  readonly notice: NoticeHash;
  readonly channel: EventChannel;
}

export type Yes = Agreement & { /** false: they were only told */ readonly isAsked: boolean };

/** The same words on the same day, said by themselves or for them as before. To be told is less than to say yes. */
export function isSame({ kind, isOfToday, notice, channel }: LastAgreed, yes: Yes): boolean {
  if (kind === 'informed' && yes.isAsked) return false;
  const isGuardians = (one: EventChannel) => one === 'guardian';
  return (
    isOfToday && notice.toString('hex') === yes.notice && isGuardians(channel) === isGuardians(yes.channel)
  );
}
