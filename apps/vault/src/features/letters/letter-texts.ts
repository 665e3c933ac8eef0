import type { Language, LetterTemplate } from '@integument/contracts';

/** What one letter says. */
export interface LetterText {
  readonly subject: string;
  readonly text: string;
}

export interface LetterParts {
  readonly template: LetterTemplate;
  readonly language: Language;
  /** ISO 8601, where the template has a day */
  readonly on: string | null;
  readonly givenName: string | undefined;
  /** where one signs in */
  readonly portal: string;
}

interface Words {
  /** One for all letters: whoever sees the line on somebody's screen learns nothing. */
  readonly subject: string;
  readonly greeting: string;
  readonly end: string;
  readonly dates: Intl.DateTimeFormat;
  readonly bodies: Readonly<Record<LetterTemplate, (day: string) => string>>;
}

const dates = (locale: string) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });

// None of these says what a consent is for: a letter lies open in mailboxes, and with whoever runs them.
const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'About your account',
    greeting: 'Hello',
    end: 'A program has written this letter; nobody reads replies to it.',
    dates: dates('en-GB'),
    bodies: {
      'consent-ends': (day) =>
        `A consent that you gave ends on ${day}. If you want it to go on, sign in and renew it. If you don’t, there is nothing to do.`,
      'consent-ended': () =>
        'A consent that you gave has ended. What was collected under it is not used any more. Sign in to see it, or to give it again.',
      'erasure-planned': (day) =>
        `You took back a consent. What was collected for it is erased on ${day}. Sign in before that day if you want to see it, or to give the consent again.`,
      'guardianship-recorded': () =>
        'We have been told that somebody else decides for you about your account, until you are old enough. Sign in to see it, and to end it if it is not right.',
      'guardianship-ended': () =>
        'Somebody who decided for you about your account does so no longer, and what they agreed to has ended. Sign in to see what is agreed to.',
    },
  },
  de: {
    subject: 'Zu Ihrem Konto',
    greeting: 'Guten Tag',
    end: 'Diesen Brief hat ein Programm geschrieben; Antworten darauf liest niemand.',
    dates: dates('de-DE'),
    bodies: {
      'consent-ends': (day) =>
        `Eine Einwilligung, die Sie gegeben haben, endet am ${day}. Soll sie weiter gelten, melden Sie sich an und erneuern Sie sie. Wenn nicht, ist nichts zu tun.`,
      'consent-ended': () =>
        'Eine Einwilligung, die Sie gegeben haben, ist beendet. Was dazu gesammelt wurde, wird nicht mehr verwendet. Melden Sie sich an, um sie zu sehen oder neu zu geben.',
      'erasure-planned': (day) =>
        `Sie haben eine Einwilligung widerrufen. Was dazu gesammelt wurde, wird am ${day} gelöscht. Melden Sie sich vorher an, wenn Sie es sehen oder die Einwilligung neu geben möchten.`,
      'guardianship-recorded': () =>
        'Uns wurde mitgeteilt, dass jemand anderes für Sie über Ihr Konto entscheidet, bis Sie alt genug sind. Melden Sie sich an, um es zu sehen, und um es zu beenden, wenn es nicht richtig ist.',
      'guardianship-ended': () =>
        'Jemand, der für Sie über Ihr Konto entschieden hat, tut das nicht mehr, und was dabei vereinbart wurde, ist beendet. Melden Sie sich an, um zu sehen, was vereinbart ist.',
    },
  },
};

/** Of which nothing can be made but a name: no address of a page, which mail programs would make a link of, and no second line. */
const NAME = /^\p{L}[\p{L}\p{M}'’ -]{0,99}$/u;

export function writeLetter({ template, language, on, givenName, portal }: LetterParts): LetterText {
  const words = WORDS[language];
  const name = givenName !== undefined && NAME.test(givenName) ? ` ${givenName}` : '';
  const day = on === null ? '' : words.dates.format(new Date(`${on}T00:00:00Z`));
  const paragraphs = [`${words.greeting}${name},`, words.bodies[template](day), portal, words.end];
  return { subject: words.subject, text: `${paragraphs.join('\n\n')}\n` };
}
