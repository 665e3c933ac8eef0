import { html, pairs, printedPage } from '@integument/printed';
import type { Register } from './register.js';
import { groundText, list, OWN_MEASURES, recipientsText } from './register-page.js';

/** A risk that is there whatever the operator does, and what the program does about it. */
interface Risk {
  readonly risk: string;
  readonly answer: string;
}

/** What a data protection impact assessment has to contain, GDPR Art. 35(7): what the program knows of it, and what it can't. */
export interface ImpactAssessment {
  readonly controller: string;
  readonly register: { readonly version: number; readonly hash: string };
  /** why one is needed, Art. 35(3)(b) */
  readonly reason: string;
  readonly purposes: readonly {
    readonly name: string;
    readonly title: string;
    readonly ground: string;
    readonly categories: readonly string[];
    readonly recipients: string;
    readonly days: number;
    /** to be written by the controller */
    readonly necessity: null;
  }[];
  readonly risks: readonly (Risk & { /** to be judged by the controller */ readonly remaining: null })[];
  readonly measures: readonly string[];
  /** to be written by the controller: Art. 35(2) and (9) */
  readonly adviceOfOfficer: null;
  readonly viewsOfPeople: null;
  readonly decision: null;
}

const RISKS: readonly Risk[] = [
  {
    risk: 'Somebody who gets into the data plane reads health data',
    answer:
      'It knows pseudonyms alone, one for each purpose; keys come from the identity plane while a permit is open',
  },
  {
    risk: 'Somebody who gets into the identity plane learns who uses the service',
    answer: 'It holds no reading and no recommendation, and each value lies under a key of its person',
  },
  {
    risk: 'Both planes are taken over together',
    answer: 'Not prevented: operate them apart, with different people, and watch both logs',
  },
  {
    risk: 'Data is used for something that nobody agreed to',
    answer:
      'A module gets permits for the purposes that are declared for it, and the database asks the gate of each permit',
  },
  {
    risk: 'A withdrawal comes too late',
    answer: 'The gate closes before the answer, on every replica, by a lock in the effect’s own transaction',
  },
  {
    risk: 'Somebody is recognised by how they behave, or by a rare condition',
    answer: 'Counts have a least number of people; what is left has to be judged for the products at hand',
  },
];

export function impactAssessment({ document, version, hash }: Register): ImpactAssessment {
  return {
    controller: document.controller.name,
    register: { version, hash },
    reason: 'Data concerning health, of many people, by new technology: GDPR Art. 35(3)(b)',
    purposes: document.purposes.map((purpose) => ({
      name: purpose.name,
      title: purpose.title,
      ground: groundText(purpose),
      categories: purpose.categories,
      recipients: recipientsText(purpose.recipients),
      days: purpose.retentionDays,
      necessity: null,
    })),
    risks: RISKS.map((risk) => ({ ...risk, remaining: null })),
    measures: [...OWN_MEASURES, ...document.measures],
    adviceOfOfficer: null,
    viewsOfPeople: null,
    decision: null,
  };
}

export function impactAssessmentPage(assessment: ImpactAssessment): string {
  const { controller, register, reason, purposes, risks, measures } = assessment;
  const body = [
    pairs([
      ['Controller', controller],
      ['Needed because', reason],
      ['Register', `version ${register.version}, SHA-256 ${register.hash}`],
    ]),
    '<h2>What is done, and whether it is necessary and in proportion (Art. 35(7)(a), (b))</h2>',
    ...purposes.map(purposeSection),
    '<h2>Risks, and what is done about them (Art. 35(7)(c), (d))</h2>',
    ...risks.map(({ risk, answer }) =>
      section(risk, html(answer), 'What remains, how likely and how severe it is'),
    ),
    '<h2>Measures</h2>',
    list(measures),
    section('Advice of the data protection officer (Art. 35(2))', '', 'To be written'),
    section('Views of people (Art. 35(9))', '', 'To be written'),
    section('Decision', '', 'To be written, with date and name'),
  ].join('\n');
  return printedPage({
    kicker: 'GDPR Art. 35',
    title: 'Data protection impact assessment',
    of: controller,
    about:
      'A skeleton: what the program knows is filled in. What nobody but the controller can judge is left blank.',
    body,
    footer: [
      'Made from the register of the version above. It is no assessment before somebody has finished it.',
    ],
  });
}

function purposeSection(purpose: ImpactAssessment['purposes'][number]): string {
  const facts = pairs([
    ['Lawful ground', purpose.ground],
    ['Categories of data', purpose.categories.join(', ')],
    ['Recipients', purpose.recipients],
    ['Kept for', `${purpose.days} days`],
  ]);
  return section(purpose.title, facts, 'Why it is necessary, and why less would not do');
}

/** @param known HTML */
function section(heading: string, known: string, blank: string): string {
  return `<h3>${html(heading)}</h3>\n${known}\n<p>${html(blank)}:</p>\n<div class="blank"></div>`;
}
