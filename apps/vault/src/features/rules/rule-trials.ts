import {
  type About,
  client,
  type RevealWish,
  RuleBook,
  reaches,
  revealRegions,
  staff,
} from '@integument/authz';
import {
  isRevealQuestion,
  RULED_APPS,
  type RuleAnswer,
  type RuleDocument,
  type RuledApp,
  type RuleQuestion,
  SENSITIVITY_OF,
} from '@integument/contracts';

/** What one version says to sample questions, for either app. */
export class RuleTrial {
  readonly #books: Readonly<Record<RuledApp, RuleBook>>;

  constructor(document: RuleDocument) {
    const books = RULED_APPS.map((app) => [app, new RuleBook(document, app, 0, '')]);
    this.#books = Object.fromEntries(books) as Record<RuledApp, RuleBook>;
  }

  answer(question: RuleQuestion, now: number): RuleAnswer {
    const at = question.at === undefined ? now : Date.parse(question.at);
    const ability = { action: question.action, resource: question.resource };
    const caller = callerIn(question);
    const book = this.#books[question.app];
    const refusedBy = book.refusing(caller, ability, aboutOf(question), question.region, at);
    const reveals = isRevealQuestion(question)
      ? book
          .reveals(caller, wishIn(question), at)
          .filter((policy) => reaches(revealRegions(policy, caller), question.region))
          .map(({ id }) => id)
      : null;
    return { allowed: refusedBy.length === 0 && reveals?.length !== 0, refusedBy, reveals };
  }
}

/** A reveal's category is that of its fields, as where people are revealed. */
function aboutOf(question: RuleQuestion): About {
  if (!isRevealQuestion(question)) return question;
  return { ...question, category: question.fields?.map((field) => SENSITIVITY_OF[field]) };
}

function callerIn({ caller }: RuleQuestion) {
  if ('client' in caller) return client({ clientId: caller.client, use: 'identity' });
  const { roles, regions = [] } = caller;
  return staff({ id: 'sample', session: 'sample', roles, regions });
}

function wishIn({ purpose, reason, fields = [], form = 'plain' }: RuleQuestion): RevealWish {
  return { purpose, reason, fields, form };
}
