/** A declared use of personal data. What is not declared here gets no permit. */
export interface Purpose {
  readonly name: string;
  /** what for, in the person's words */
  readonly title: string;
  readonly ground: 'consent';
  /** GDPR Art. 9(2) condition, where the data is health data */
  readonly article9: 'explicit-consent' | null;
  readonly categories: readonly string[];
  /** days the data is kept while the permit is open */
  readonly retentionDays: number;
  /** days after a withdrawal until it is erased */
  readonly eraseAfterWithdrawalDays: number;
  /** days after the permit's end for which two people together can still say whom its audit entries were about */
  readonly evidenceDays: number;
  /** the only module that may use its permits */
  readonly module: 'ingest' | 'recommendations' | 'analytics';
}

export const PURPOSES = [
  {
    name: 'ingest',
    title: 'Store the readings of your skin sensors so that you can see and use them',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['skin-temperature', 'electrodermal-activity', 'heart-rate', 'motion'],
    retentionDays: 730,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'ingest',
  },
  {
    name: 'recommendation',
    title: 'Recommend skincare products from what you looked at, liked and told us about your skin',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['product-interactions', 'skin-type', 'skin-concerns'],
    retentionDays: 730,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'recommendations',
  },
  {
    name: 'analytics',
    title: 'Count, without naming anybody, how products and routines work',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['product-interactions'],
    retentionDays: 365,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'analytics',
  },
] as const satisfies readonly Purpose[];

/** The same for the people of the vault, after their erasure: as long as claims are commonly brought. */
export const IDENTITY_EVIDENCE_DAYS = 1_095;

export type PurposeName = (typeof PURPOSES)[number]['name'];
export const PURPOSE_NAMES = PURPOSES.map((purpose) => purpose.name) as [PurposeName, ...PurposeName[]];

/**
 * Days from a withdrawal to the erasure.
 * @param name as a gate has it; data of a purpose that is declared no more has nothing to be kept for, and is due at once
 */
export function daysUntilErasure(name: string): number {
  return PURPOSES.find((purpose) => purpose.name === name)?.eraseAfterWithdrawalDays ?? 0;
}
