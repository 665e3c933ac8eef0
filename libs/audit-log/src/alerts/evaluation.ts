import { type AlertDefinition, isWithin } from '@integument/contracts';
import type { LoggedEntry } from '../logged-entry.js';
import { groupOf, matches, weightOf } from './matching.js';

export interface AlertRule {
  readonly id: string;
  readonly definition: AlertDefinition;
}

/** An entry at its position, its time in milliseconds since 1970. */
export interface TimedEntry {
  readonly position: number;
  readonly at: number;
  readonly entry: LoggedEntry;
}

/** An entry that was counted; its weight is left out where it is 1. */
export type Counted = readonly [at: number, position: number, weight?: number];

/** What is remembered of one group of one rule. */
export interface GroupState {
  /** the entries that may still count, in the order of the log */
  readonly recent: readonly Counted[];
  /** time of the entry that raised the last alert */
  readonly raised: number | null;
}

export interface Alert {
  readonly rule: string;
  readonly group: string;
  /** time of the entry that raised it */
  readonly at: number;
  readonly first: number;
  readonly last: number;
  /** how many were counted: entries, and for those that count others what they say */
  readonly count: number;
}

/**
 * Processes whose clocks differ write into one log, so times don't quite grow with positions. Entries further apart than this
 * may be counted wrongly.
 */
export const CLOCK_SKEW_MS = 3_600_000;

/** The group under which a rule of the kind first-seen keeps since when it has been learning. */
const LEARNING = '';

const NOTHING: GroupState = { recent: [], raised: null };

/** Looks up and keeps states: all that a rule knows of the entries before. */
export interface States {
  get(rule: string, group: string): GroupState | undefined;
  set(rule: string, group: string, state: GroupState): void;
}

/** The states that evaluating a rule at an entry asks for; none where the rule doesn't look at the entry. */
export function groupsAsked({ definition }: AlertRule, { entry }: TimedEntry): readonly string[] {
  if (!matches(definition.match, entry)) return [];
  const group = groupOf(definition, entry);
  if (group === undefined) return [];
  return definition.when.kind === 'first-seen' ? [LEARNING, group] : [group];
}

/**
 * Evaluates one rule at one entry. Nothing but the entries' own times and what was remembered decides, so the alerts are
 * the same whenever and in whatever batches a log is read.
 */
export function evaluate(rule: AlertRule, timed: TimedEntry, states: States): Alert | undefined {
  const group = groupsAsked(rule, timed).at(-1);
  if (group === undefined) return undefined;
  const { when } = rule.definition;
  switch (when.kind) {
    case 'count':
      return countUp(rule, when, group, timed, states);
    case 'first-seen':
      return lookForNew(rule, when, group, timed, states);
    case 'off-hours':
      return isWithin(when, timed.at) ? undefined : raise(rule, group, timed, states);
    case 'each':
      return raise(rule, group, timed, states);
  }
}

/** When a state can be forgotten; null: never. */
export function expiryOf({ definition }: AlertRule, { recent, raised }: GroupState): number | null {
  const { when, coolDownSeconds } = definition;
  if (when.kind === 'first-seen') return null;
  const window = when.kind === 'count' ? when.withinSeconds * 1_000 : 0;
  const last = Math.max(0, ...recent.map(([at]) => at + window));
  return Math.max(last, raised === null ? 0 : raised + coolDownSeconds * 1_000);
}

type Kind<Name> = Extract<AlertDefinition['when'], { kind: Name }>;

/**
 * The last entries that make up the threshold, and no more than needed: if all are within the window, that many are. Each weighs
 * at least 1, so no more are remembered than the threshold says.
 */
function countUp(
  rule: AlertRule,
  { threshold, withinSeconds }: Kind<'count'>,
  group: string,
  timed: TimedEntry,
  states: States,
): Alert | undefined {
  const before = states.get(rule.id, group) ?? NOTHING;
  const recent = lastOf(threshold, [...before.recent, countedOf(rule, timed)]);
  const together = recent.every(([at]) => Math.abs(timed.at - at) <= withinSeconds * 1_000);
  const count = weigh(recent);
  const full = count >= threshold && together;
  if (!full || isQuiet(rule, before, timed.at)) {
    states.set(rule.id, group, { ...before, recent });
    return undefined;
  }
  // Counted from the start again: no entry is part of two alerts.
  states.set(rule.id, group, { recent: [], raised: timed.at });
  const first = recent[0]?.[1] ?? timed.position;
  return { rule: rule.id, group, at: timed.at, first, last: timed.position, count };
}

function countedOf({ definition }: AlertRule, { at, position, entry }: TimedEntry): Counted {
  const weight = weightOf(definition, entry);
  return weight === 1 ? [at, position] : [at, position, weight];
}

/** Without the first ones, as long as the others are enough. */
function lastOf(threshold: number, counted: readonly Counted[]): readonly Counted[] {
  let rest = weigh(counted);
  const first = counted.findIndex(([, , weight = 1]) => {
    rest -= weight;
    return rest < threshold;
  });
  return counted.slice(first);
}

function weigh(counted: readonly Counted[]): number {
  return counted.reduce((sum, [, , weight = 1]) => sum + weight, 0);
}

function lookForNew(
  rule: AlertRule,
  { learnSeconds }: Kind<'first-seen'>,
  group: string,
  timed: TimedEntry,
  states: States,
): Alert | undefined {
  let since = states.get(rule.id, LEARNING)?.raised ?? null;
  // A first entry from a clock far ahead must not keep the rule learning until then.
  if (since === null || since > timed.at + CLOCK_SKEW_MS) {
    since = timed.at;
    states.set(rule.id, LEARNING, { recent: [], raised: since });
  }
  if (states.get(rule.id, group)) return undefined;
  states.set(rule.id, group, { recent: [], raised: timed.at });
  if (timed.at < since + learnSeconds * 1_000) return undefined;
  return one(rule, group, timed);
}

function raise(rule: AlertRule, group: string, timed: TimedEntry, states: States): Alert | undefined {
  if (rule.definition.coolDownSeconds === 0) return one(rule, group, timed);
  if (isQuiet(rule, states.get(rule.id, group) ?? NOTHING, timed.at)) return undefined;
  states.set(rule.id, group, { recent: [], raised: timed.at });
  return one(rule, group, timed);
}

/** By the distance, so that an alert of a clock far ahead doesn't silence its group until then. */
function isQuiet({ definition }: AlertRule, { raised }: GroupState, at: number): boolean {
  return raised !== null && Math.abs(at - raised) < definition.coolDownSeconds * 1_000;
}

function one({ id }: AlertRule, group: string, { at, position }: TimedEntry): Alert {
  return { rule: id, group, at, first: position, last: position, count: 1 };
}
