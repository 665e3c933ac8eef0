// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import type { SkinConcern, SkinType } from '@integument/contracts';
import type { ContentIndex } from './content-index.js';
import type { EaseModel } from './ease.js';
import { LIKED_FROM } from './history.js';
import type { Preferences } from './preferences.js';

/** Why an item stands in a list; `item` is the position of the one that spoke for it. */
export type Reason =
  | { readonly code: 'because_liked' | 'because_viewed' | 'similar_ingredients'; readonly item: number }
  | { readonly code: 'for_concern'; readonly concern: SkinConcern }
  | { readonly code: 'for_skin_type'; readonly skinType: SkinType }
  | { readonly code: 'popular' | 'in_catalogue' };

export interface RankedItem {
  readonly item: number;
  readonly score: number;
  readonly reason: Reason;
}

export interface RankingOptions {
  readonly limit: number;
  /** which items may be shown at all: those of a category, say */
  readonly accept?: (item: number) => boolean;
}

/** What a full match of each is worth while nothing collaborative is known. */
const CONTENT = { concern: 0.45, skinType: 0.25, ingredients: 0.3 } as const;
/** Popularity beside content: enough to order equals, too little to beat a concern. */
const POPULARITY = 0.2;
/** Sum of preference weights at which what others did counts as much as content. */
const HALF_TOLD = 3;
/** Number of people at which the model does: what two or three did is chance, and would tell about them. */
const HALF_CROWD = 10;

/** One argument for an item: its share of the score and how to say it. */
interface Argument {
  readonly value: number;
  readonly reason: () => Reason;
}

/** For every item the item of the history that is most like it, or −1, and how much that says. */
interface Kin {
  readonly items: Int32Array;
  readonly values: Float64Array;
}

/** What is worked out once for a list. */
interface Evidence {
  /** of the collaborative model, scaled by confidence */
  readonly scores: Float64Array | null;
  /** the weight of everything else */
  readonly rest: number;
  readonly kin: Kin;
}

/**
 * Ranks what a person hasn't seen. Starts from content (skin, concerns, ingredients of what was liked) and popularity,
 * and turns to the collaborative model as the history grows. The reason is the argument that weighed most, so it is true
 * by construction. The same input gives the same list.
 */
export class Ranking {
  private readonly strongest: number;

  /** @param content of the model's items, in the model's positions */
  constructor(
    private readonly model: EaseModel,
    private readonly content: ContentIndex,
  ) {
    if (content.size !== model.size) throw new RangeError('one description for each item of the model');
    this.strongest = model.popularity.reduce((most, value) => Math.max(most, value), 0);
  }

  rank(person: Preferences, { limit, accept = () => true }: RankingOptions): RankedItem[] {
    const evidence = this.evidenceFor(person);
    const best = new BestOf(limit);
    for (let item = 0; item < this.model.size; item++) {
      if (person.seen.has(item) || !this.content.has(item) || !accept(item)) continue;
      const given = this.arguments(person, item, evidence);
      best.offer({ item, score: given.reduce((sum, { value }) => sum + value, 0) }, given);
    }
    return best.list.map(({ entry, given }) => ({ ...entry, reason: strongestReason(given) }));
  }

  private evidenceFor(person: Preferences): Evidence {
    const told = person.history.weights.reduce((sum, weight) => sum + weight, 0);
    const confidence = (told / (told + HALF_TOLD)) * this.crowd();
    const scores = told > 0 ? this.collaborativeScores(person, confidence) : null;
    return {
      scores,
      // What the model can't say with confidence is left to the rest.
      rest: scores ? 1 - confidence : 1,
      kin: this.nearestKin(person),
    };
  }

  /** Scaled so that the best unseen item gets the confidence; null when the model knows nothing of this history. */
  private collaborativeScores({ history, seen }: Preferences, confidence: number): Float64Array | null {
    const scores = this.model.score(history);
    let highest = 0;
    scores.forEach((score, item) => {
      if (!seen.has(item)) highest = Math.max(highest, score);
    });
    return highest > 0 ? scores.map((score) => (confidence * score) / highest) : null;
  }

  /** For every item the one of the history whose ingredients speak most for it. */
  private nearestKin({ history }: Preferences): Kin {
    const kin = {
      items: new Int32Array(this.model.size).fill(-1),
      values: new Float64Array(this.model.size),
    };
    history.items.forEach((from, at) => {
      const weight = history.weights[at]!;
      this.content.similarities(from).forEach((similarity, item) => {
        if (weight * similarity <= kin.values[item]!) return;
        kin.values[item] = weight * similarity;
        kin.items[item] = from;
      });
    });
    return kin;
  }

  private arguments(person: Preferences, item: number, evidence: Evidence): Argument[] {
    const { scores, rest } = evidence;
    const given = this.contentArguments(person, item, evidence);
    given.push({ value: rest * POPULARITY * this.popularity(item), reason: () => ({ code: 'popular' }) });
    if (scores) given.push({ value: scores[item]!, reason: () => this.collaborativeReason(person, item) });
    return given;
  }

  private contentArguments(person: Preferences, item: number, { rest, kin }: Evidence): Argument[] {
    const concern = this.content.findConcern(item, person.concerns);
    const skinType = this.content.findSkinType(item, person.skinTypes);
    const list: Argument[] = [];
    const argue = (value: number, reason: () => Reason) => list.push({ value: rest * value, reason });
    if (concern) {
      const share = this.content.concernOverlap(item, person.concerns);
      argue(CONTENT.concern * share, () => ({ code: 'for_concern', concern }));
    }
    if (skinType) argue(CONTENT.skinType, () => ({ code: 'for_skin_type', skinType }));
    if (kin.items[item]! >= 0) {
      const reason = () => ({ code: 'similar_ingredients', item: kin.items[item]! }) as const;
      argue(CONTENT.ingredients * kin.values[item]!, reason);
    }
    return list;
  }

  /** Logarithmic: the second thousand people say less than the first. */
  private popularity(item: number): number {
    if (this.strongest === 0) return 0;
    return (this.crowd() * Math.log1p(this.model.popularity[item]!)) / Math.log1p(this.strongest);
  }

  /** How much what others did says, by their number, 0 to 1. */
  private crowd(): number {
    return this.model.people / (this.model.people + HALF_CROWD);
  }

  private collaborativeReason({ history }: Preferences, item: number): Reason {
    let best = { item: history.items[0]!, share: -Infinity, weight: 0 };
    history.items.forEach((from, at) => {
      const weight = history.weights[at]!;
      const share = weight * this.model.influence(from, item);
      if (share > best.share) best = { item: from, share, weight };
    });
    return { code: best.weight >= LIKED_FROM ? 'because_liked' : 'because_viewed', item: best.item };
  }
}

function strongestReason(given: readonly Argument[]): Reason {
  let strongest: Argument | undefined;
  for (const argument of given) if (argument.value > (strongest?.value ?? 0)) strongest = argument;
  return strongest?.reason() ?? { code: 'in_catalogue' };
}

interface Offer {
  readonly item: number;
  readonly score: number;
}

/** The best few of many, without sorting the many. Equals keep the order in which they came. */
class BestOf {
  readonly list: { entry: Offer; given: readonly Argument[] }[] = [];

  constructor(private readonly limit: number) {}

  offer(entry: Offer, given: readonly Argument[]): void {
    const last = this.list.at(-1);
    if (this.list.length >= this.limit && (!last || entry.score <= last.entry.score)) return;
    let at = this.list.length;
    while (at > 0 && this.list[at - 1]!.entry.score < entry.score) at--;
    this.list.splice(at, 0, { entry, given });
    if (this.list.length > this.limit) this.list.pop();
  }
}
