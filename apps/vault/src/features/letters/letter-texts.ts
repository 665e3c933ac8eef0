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

// None of these says what a use is for: a letter lies open in mailboxes, and with whoever runs them. Nor on what it rests or how it ended,
// which the vault isn't told: a consent or an interest, taken back, objected to, run out, or agreed to by who answered for a child.
const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    subject: 'About your account',
    greeting: 'Hello',
    end: 'A program has written this letter; nobody reads replies to it.',
    dates: dates('en-GB'),
    bodies: {
      'consent-ends': (day) =>
        `One use of your data ends on ${day}. If you want it to go on, sign in and confirm it. If you don’t, there is nothing to do.`,
      'consent-ended': () =>
        'One use of your data has ended. What was collected for it is not used any more. Sign in to see it, or to have it go on.',
      'erasure-planned': (day) =>
        `One use of your data has ended. What was collected for it is erased on ${day}. Sign in before that day if you want to see it, or want the use to go on.`,
      'guardianship-recorded': () =>
        'We have been told that somebody else decides for you about your account, until you are old enough. Sign in to see it, and to end it if it is not right.',
      'guardianship-ended': () =>
        'It was recorded that somebody decides for you about your account. That has ended, and so has what they agreed to by it. Sign in to see what is agreed to.',
    },
  },
  de: {
    subject: 'Zu Ihrem Konto',
    greeting: 'Guten Tag',
    end: 'Diesen Brief hat ein Programm geschrieben; Antworten darauf liest niemand.',
    dates: dates('de-DE'),
    bodies: {
      'consent-ends': (day) =>
        `Eine Nutzung Ihrer Daten endet am ${day}. Soll sie weitergehen, melden Sie sich an und bestätigen Sie das. Wenn nicht, ist nichts zu tun.`,
      'consent-ended': () =>
        'Eine Nutzung Ihrer Daten ist beendet. Was dazu gesammelt wurde, wird nicht mehr verwendet. Melden Sie sich an, wenn Sie es sehen möchten oder die Nutzung weitergehen soll.',
      'erasure-planned': (day) =>
        `Eine Nutzung Ihrer Daten ist beendet. Was dazu gesammelt wurde, wird am ${day} gelöscht. Melden Sie sich vorher an, wenn Sie es sehen möchten oder die Nutzung weitergehen soll.`,
      'guardianship-recorded': () =>
        'Uns wurde mitgeteilt, dass jemand anderes für Sie über Ihr Konto entscheidet, bis Sie alt genug sind. Melden Sie sich an, um es zu sehen, und um es zu beenden, wenn es nicht richtig ist.',
      'guardianship-ended': () =>
        'Es war festgehalten, dass jemand anderes für Sie über Ihr Konto entscheidet. Das ist beendet, und auch, wozu dabei eingewilligt wurde. Melden Sie sich an, um zu sehen, was gilt.',
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
