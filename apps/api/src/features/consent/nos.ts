import type { EventChannel, NoticeHash } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Gate } from '../permits/index.js';
import type { ConsentEventRow } from './consent.store.js';

/** What else is done in the transaction in which a gate closes, and is held. */
export type Alongside = (tx: Tx, gate: Gate) => Promise<void>;

/** A no, and where it was said. */
export interface No {
  /** to what is open */
  readonly ends: 'objected' | 'withdrawn';
  /** to what never began, or is over; undefined: there it is not kept */
  readonly declines?: 'objected' | 'refused';
  /** what was shown, where it has to be */
  readonly notice?: NoticeHash;
  readonly channel: EventChannel;
  readonly alongside?: Alongside;
}

export type KeptNo = No & Required<Pick<No, 'declines'>>;

/** What was said of a purpose, and how. */
export type Said = Pick<ConsentEventRow, 'channel' | 'kind'>;

const NOS: readonly string[] = ['refused', 'objected', 'withdrawn'];

/** Whether it is a no that somebody said themselves. */
export function isTheirOwnNo(said: Said): boolean {
  return NOS.includes(said.kind) && said.channel !== 'guardian';
}

/**
 * Whether a no says what the last word does not: later words are measured by it, so that one which is left out can be overruled.
 * @param last null where nothing was said yet
 */
export function isNewsAfter(last: Said | null, no: Said): boolean {
  if (!last || !NOS.includes(last.kind)) return true;
  // To object is more than to refuse or to take back; the other way round it says nothing new.
  if (no.kind === 'objected' && last.kind !== no.kind) return true;
  // A no that was said in somebody's place is undone by whoever said it: their own isn't.
  return isTheirOwnNo(no) && !isTheirOwnNo(last);
}
