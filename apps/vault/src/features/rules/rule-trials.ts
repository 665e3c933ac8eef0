import {
  type AbilityName,
  client,
  type RevealWish,
  RuleBook,
  reaches,
  revealRegions,
  staff,
} from '@integument/authz';
import {
  RULED_APPS,
  type RuleAnswer,
  type RuleDocument,
  type RuledApp,
  type RuleQuestion,
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
    const refusedBy = book.refusing(caller, ability, question, question.region, at);
    const reveals = isReveal(question.app, ability)
      ? book
          .reveals(caller, wishIn(question), at)
          .filter((policy) => reaches(revealRegions(policy, caller), question.region))
          .map(({ id }) => id)
      : null;
    return { allowed: refusedBy.length === 0 && reveals?.length !== 0, refusedBy, reveals };
  }
}

function isReveal(app: RuledApp, { action, resource }: AbilityName): boolean {
  return app === 'vault' && action === 'reveal' && resource === 'Person';
}

function callerIn({ caller }: RuleQuestion) {
  if ('client' in caller) return client({ clientId: caller.client, use: 'identity' });
  const { roles, regions = [] } = caller;
  return staff({ id: 'sample', session: 'sample', roles, regions });
}

function wishIn({ purpose, reason, fields = [], form = 'plain' }: RuleQuestion): RevealWish {
  return { purpose, reason, fields, form };
}
