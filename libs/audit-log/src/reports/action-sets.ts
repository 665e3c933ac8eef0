/** Which actions a report is about. The one place: a feature that adds such an action adds it here. */
export const ACTION_SETS = {
  /** values of somebody's identity were shown in full, or whom an entry of the log is about */
  reveals: ['people.reveal', 'tokens.reveal', 'evidence.open'],
  /** somebody said afterwards whether an emergency was one: under a reason of its own, so that it looks like no other emergency */
  reviews: ['approvals.review'],
  /** data left in bulk */
  exports: ['audit.export', 'audit.stream', 'audit.report', 'audit.tlog_tile'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** The reason of somebody who went past the usual rules in an emergency. */
export const BREAK_GLASS = 'break-glass';
