import type { Interaction, PreferenceEvent, SkinConcern, SkinType } from '@integument/contracts';
import { type History, historyOf } from './history.js';

/** What is known of one person when a list is made for them. Items are positions of the model. */
export interface Preferences {
  readonly history: History;
  /** touched in any way, hidden ones included: not to be shown again */
  readonly seen: ReadonlySet<number>;
  readonly skinTypes: readonly SkinType[];
  readonly concerns: readonly SkinConcern[];
}

/**
 * Reads a person's events, the oldest first. The last profile replaces those before it, since people correct what they
 * said; a product that is no longer known is passed over.
 */
export function preferencesOf(
  events: Iterable<PreferenceEvent>,
  positionOf: (product: string) => number | undefined,
): Preferences {
  const touched: [item: number, interaction: Interaction][] = [];
  let skinTypes: readonly SkinType[] = [];
  let concerns: readonly SkinConcern[] = [];
  for (const event of events) {
    if (event.kind === 'profile') {
      ({ skinTypes, concerns } = event);
      continue;
    }
    const item = positionOf(event.product);
    if (item !== undefined) touched.push([item, event.interaction]);
  }
  return { history: historyOf(touched), seen: new Set(touched.map(([item]) => item)), skinTypes, concerns };
}
