/** GDPR Art. 6(1). */
export const LAWFUL_GROUNDS = ['consent', 'legitimate-interest', 'legal-obligation'] as const;
export type LawfulGround = (typeof LAWFUL_GROUNDS)[number];

/** What says something of somebody's health (GDPR Art. 9), by itself or by what it leads to. */
export const HEALTH_CATEGORIES = [
  'skin-temperature',
  'electrodermal-activity',
  'heart-rate',
  'motion',
  'product-interactions',
  'skin-type',
  'skin-concerns',
] as const;
/** What says nothing of it. */
export const ORDINARY_CATEGORIES = ['app-faults'] as const;

/** What a module reads of personal data, and a purpose declares. */
export const DATA_CATEGORIES = [...HEALTH_CATEGORIES, ...ORDINARY_CATEGORIES] as const;
export type DataCategory = (typeof DATA_CATEGORIES)[number];

export const MODULES = ['ingest', 'recommendations', 'analytics', 'faults'] as const;
/** A part of the data plane that works with personal data. */
export type ModuleName = (typeof MODULES)[number];

export const PURPOSE_NAMES = ['ingest', 'recommendation', 'analytics', 'fault-finding'] as const;
export type PurposeName = (typeof PURPOSE_NAMES)[number];

/** A declared use of personal data: an entry of the register of processing (GDPR Art. 30). What is not declared here gets no permit. */
export type Purpose = DeclaredUse & (HealthUse | OrdinaryUse);

/** Health data is used with explicit consent alone: on another ground it does not compile. */
interface HealthUse {
  readonly ground: 'consent';
  /** GDPR Art. 9(2) condition */
  readonly article9: 'explicit-consent';
  readonly categories: readonly DataCategory[];
}

interface OrdinaryUse {
  readonly ground: LawfulGround;
  readonly article9: null;
  readonly categories: readonly (typeof ORDINARY_CATEGORIES)[number][];
}

interface DeclaredUse {
  readonly name: PurposeName;
  /** what for, in the person's words */
  readonly title: string;
  /** what is passed on to another purpose while both are permitted */
  readonly flows: readonly { readonly to: PurposeName; readonly categories: readonly DataCategory[] }[];
  /** days the data is kept while the permit is open */
  readonly retentionDays: number;
  /** days for which a consent is good before it is asked for anew; on another ground, before people are told of it anew */
  readonly consentDays: number;
  /** days after a withdrawal until it is erased */
  readonly eraseAfterWithdrawalDays: number;
  /** days after the permit's end for which two people together can still say whom its audit entries were about */
  readonly evidenceDays: number;
  /** the only module that may use its permits */
  readonly module: ModuleName;
  /** what the W3C Data Privacy Vocabulary calls it, for receipts */
  readonly dpv: `dpv:${string}`;
  /** whether it is what people come for; what is not they can have stopped (Cal. Civ. Code 1798.121) */
  readonly isAsked: boolean;
  /** what the interest is, where it is the ground: GDPR Art. 13(1)(d) */
  readonly interest?: string;
}

/** One under each name, in the same order. */
type EachNamed<Names extends readonly PurposeName[]> = {
  readonly [At in keyof Names]: Purpose & { readonly name: Names[At] };
};

export const PURPOSES = [
  {
    name: 'ingest',
    title: 'Store the readings of your skin sensors so that you can see and use them',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['skin-temperature', 'electrodermal-activity', 'heart-rate', 'motion'],
    flows: [],
    retentionDays: 730,
    consentDays: 730,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'ingest',
    dpv: 'dpv:ServiceProvision',
    isAsked: true,
  },
  {
    name: 'recommendation',
    title: 'Recommend skincare products from what you looked at, liked and told us about your skin',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['product-interactions', 'skin-type', 'skin-concerns'],
    flows: [],
    retentionDays: 730,
    consentDays: 730,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'recommendations',
    dpv: 'dpv:ProvideProductRecommendations',
    isAsked: true,
  },
  {
    name: 'analytics',
    title: 'Count, without naming anybody, how products and routines work',
    ground: 'consent',
    article9: 'explicit-consent',
    categories: ['product-interactions', 'skin-type', 'skin-concerns'],
    flows: [],
    retentionDays: 365,
    consentDays: 365,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'analytics',
    dpv: 'dpv:ServiceUsageAnalytics',
    isAsked: false,
  },
  {
    name: 'fault-finding',
    title: 'Find faults of our app and your devices from their fault reports',
    ground: 'legitimate-interest',
    interest: 'That the app works, and keeps what it is trusted with safe',
    article9: null,
    categories: ['app-faults'],
    flows: [],
    retentionDays: 90,
    consentDays: 730,
    eraseAfterWithdrawalDays: 30,
    evidenceDays: 1_095,
    module: 'faults',
    dpv: 'dpv:RepairImpairments',
    isAsked: false,
  },
] as const satisfies EachNamed<typeof PURPOSE_NAMES>;

/** The same for the people of the vault, after their erasure: as long as claims are commonly brought. */
export const IDENTITY_EVIDENCE_DAYS = 1_095;

/**
 * Days from a withdrawal to the erasure.
 * @param name as a gate has it; data of a purpose that is declared no more has nothing to be kept for, and is due at once
 */
export function daysUntilErasure(name: string): number {
  return PURPOSES.find((purpose) => purpose.name === name)?.eraseAfterWithdrawalDays ?? 0;
}

/** @param name as a permit has it; what is declared no more counts as agreed to */
export function restsOnConsent(name: string): boolean {
  return (PURPOSES.find((purpose) => purpose.name === name)?.ground ?? 'consent') === 'consent';
}

/** @throws Error for a name that is declared no more: nothing new is done for it */
export function purposeNamed(name: PurposeName): Purpose {
  const found = PURPOSES.find((purpose) => purpose.name === name);
  if (!found) throw new Error('a purpose that is not declared');
  return found;
}
