import type { Statement } from '@integument/database';
import { ACTION_SETS, BREAK_GLASS } from './action-sets.js';

export type ReportName = 'reveals' | 'break-glass' | 'refusals' | 'exports' | 'access';

export interface ReportColumn {
  /** of the row, and of JSON */
  readonly key: string;
  readonly heading: string;
  /** `id`: shown so that its letters can be told apart; `list`: JSON in the index, names with commas in a report */
  readonly kind: 'text' | 'id' | 'number' | 'time' | 'list';
}

export interface ReportDefinition {
  readonly title: string;
  /** for whoever reads the printed page and nothing else */
  readonly about: string;
  readonly columns: readonly ReportColumn[];
  /** $1 from, $2 to (milliseconds), $3 size, $4 first position, $5 rows at most; $6 the actions, where there are any */
  readonly statement: Statement;
  readonly actions?: readonly string[] | undefined;
}

const column = (key: string, heading: string, kind: ReportColumn['kind'] = 'text') => ({
  key,
  heading,
  kind,
});
const POSITION = column('position', 'Position', 'number');
const AT = column('at', 'Time', 'time');
const KIND = column('actor_kind', 'Kind');
const ACTOR = column('actor', 'Who', 'id');
const ACTION = column('action', 'Action');
const SUBJECT = column('subject', 'About whom', 'id');
const PURPOSE = column('purpose', 'Purpose');
const OUTCOME = column('outcome', 'Outcome');
const CODE = column('code', 'Code');
const REFERENCE = column('reason_reference', 'Reference');
const TALLY = [
  column('count', 'Times', 'number'),
  column('first', 'First', 'time'),
  column('last', 'Last', 'time'),
];

const WITHIN = `at >= to_timestamp($1::double precision / 1000) AND at < to_timestamp($2::double precision / 1000)
    AND position < $3::bigint AND position >= $4::bigint`;
const OF_SET = 'action = ANY ($6::text[])';
const TALLIED = 'count(*) AS count, min(at) AS first, max(at) AS last';

interface Parts {
  readonly columns: readonly ReportColumn[];
  readonly actions?: readonly string[];
  readonly where: string;
  readonly order: string;
}

/** The rest of a definition where each row is an entry. */
function listed(name: ReportName, { columns, actions, where, order }: Parts) {
  const keys = columns.map(({ key }) => key).join(', ');
  const text = `SELECT ${keys} FROM audit_index WHERE ${WITHIN} AND ${where} ORDER BY ${order} LIMIT $5::bigint`;
  return { columns, actions, statement: { name: `audit_report_${name}`, text } };
}

/** The rest of a definition where each row stands for all entries that are alike in the given columns. */
function tallied(name: ReportName, { columns, actions, where, order }: Parts) {
  const keys = columns.map(({ key }) => key).join(', ');
  const text = `SELECT ${keys}, ${TALLIED} FROM audit_index WHERE ${WITHIN} AND ${where} GROUP BY ${keys} ORDER BY ${order} LIMIT $5::bigint`;
  return { columns: [...columns, ...TALLY], actions, statement: { name: `audit_report_${name}`, text } };
}

/** Every report there is. */
export const REPORTS: Readonly<Record<ReportName, ReportDefinition>> = {
  reveals: {
    title: 'Reveals',
    about:
      'Who saw values of somebody’s identity in full, which fields, of whom, for which purpose and by which reason.',
    ...tallied('reveals', {
      columns: [
        KIND,
        ACTOR,
        SUBJECT,
        column('fields', 'Fields', 'list'),
        PURPOSE,
        column('reason_code', 'Reason'),
        REFERENCE,
      ],
      actions: ACTION_SETS.reveals,
      where: `${OF_SET} AND outcome = 'done'`,
      order: 'actor_kind, actor, subject, first, reason_reference',
    }),
  },
  'break-glass': {
    title: 'Break-glass access',
    about:
      'Everything that was done or refused with the reason “break-glass”: past the usual rules, in an emergency. Each entry by itself, and each review of one.',
    ...listed('break-glass', {
      columns: [POSITION, AT, KIND, ACTOR, ACTION, OUTCOME, CODE, SUBJECT, PURPOSE, REFERENCE],
      actions: ACTION_SETS.reviews,
      where: `(reason_code = '${BREAK_GLASS}' OR ${OF_SET})`,
      order: 'at, position',
    }),
  },
  refusals: {
    title: 'Refusals',
    about:
      'What known callers were refused, and with which code. Strangers’ attempts are only counted, in entries of their own.',
    ...tallied('refusals', {
      columns: [KIND, ACTOR, ACTION, CODE],
      where: `outcome = 'refused'`,
      order: 'count DESC, actor_kind, actor, action, code',
    }),
  },
  exports: {
    title: 'Exports',
    about:
      'Data that left in bulk: exports, streams, bundles and reports. Each entry by itself; what was asked for stands in it.',
    ...listed('exports', {
      columns: [POSITION, AT, KIND, ACTOR, ACTION, OUTCOME, CODE, PURPOSE],
      actions: ACTION_SETS.exports,
      where: OF_SET,
      order: 'at, position',
    }),
  },
  access: {
    title: 'Who looked at whom',
    about:
      'Everything that was done and is about somebody, by who did it, about whom and what. What people did themselves stands last.',
    ...tallied('access', {
      columns: [KIND, ACTOR, SUBJECT, ACTION],
      where: `subject IS NOT NULL AND outcome = 'done'`,
      order: `(actor_kind = 'person'), actor_kind, actor, subject, action`,
    }),
  },
};
