import { html, pairs, printedPage } from '@integument/printed';
import type { OfferedPurpose, WrittenPurpose, WrittenRegister } from './register-document.js';
import type { Party, Recipient } from './register-file.js';

const GROUNDS: Readonly<Record<OfferedPurpose['ground'], string>> = {
  consent: 'Consent, GDPR Art. 6(1)(a)',
  'legal-obligation': 'Legal obligation, GDPR Art. 6(1)(c)',
  'legitimate-interest': 'Legitimate interest, GDPR Art. 6(1)(f)',
};
const CONDITIONS: Readonly<Record<NonNullable<OfferedPurpose['article9']>, string>> = {
  'explicit-consent': 'Explicit consent, GDPR Art. 9(2)(a)',
};

/** What the program itself does for the security of all of it, GDPR Art. 30(1)(g) and 32. */
export const OWN_MEASURES = [
  'Who somebody is and what is known of their skin lie in two systems, of which neither can read the other',
  'A pseudonym of its own for each purpose, which exists only while the purpose is permitted',
  'Everything sealed under keys of each person and permit (AES-256-GCM); erasing destroys the keys',
  'Each use asks the permit’s gate in its own transaction; each is written to a signed log before it is answered',
  'Second factors for staff, rules that only narrow, and what nobody may do alone',
];

/**
 * The record of processing activities, GDPR Art. 30(1), to read and to print.
 * @param inForce which version is
 */
export function registerPage({ document, version, hash }: WrittenRegister, inForce: number): string {
  const { controller, dataProtectionOfficer, representative, authority, storedIn, measures } = document;
  const operator = pairs([
    ['Controller', partyText(controller)],
    [
      'Data protection officer',
      dataProtectionOfficer ? `${dataProtectionOfficer.name}, ${dataProtectionOfficer.email}` : 'none named',
    ],
    ...(representative ? [['Representative', partyText(representative)] as const] : []),
    ['Supervisory authority', `${authority.name}, ${authority.url}`],
    ['Stored in', storedIn.join(', ')],
    ['Version', `${version}, SHA-256 ${hash}`],
  ]);
  const body = [
    operator,
    ...document.purposes.map(purposeSection),
    '<h2>Security</h2>',
    // Whatever the program did then is in no version.
    list([...(version === inForce ? OWN_MEASURES : []), ...measures]),
  ].join('\n');
  return printedPage({
    kicker: 'GDPR Art. 30',
    title: 'Record of processing activities',
    of: controller.name,
    about:
      version === inForce
        ? 'What is written here is what the program carries out: a purpose that is not declared gets no permit.'
        : `As it was declared at the time. Version ${inForce} is in force.`,
    body,
    footer: [
      'Purposes are declared in the program, the operator’s part in its REGISTER_FILE. Earlier versions are kept.',
    ],
  });
}

function purposeSection(purpose: WrittenPurpose): string {
  const facts = pairs([
    ['Name', purpose.name],
    ['Lawful ground', groundText(purpose)],
    ['Categories of data', purpose.categories.join(', ')],
    ['Whose', 'people who use the service'],
    ['Passed on to', flowsText(purpose)],
    ['Recipients', recipientsText(purpose.recipients)],
    ['Lies in', purpose.regions.join(', ')],
    ['Transfers to other countries', transfersText(purpose.recipients)],
    ['Kept for', `${purpose.retentionDays} days; a consent is good for ${purpose.consentDays}`],
    ['Erased after a withdrawal', `${purpose.eraseAfterWithdrawalDays} days`],
    ['Carried out by', `module ${purpose.module}`],
    [
      'Notices',
      purpose.notices.map(({ language, version, hash }) => `${language} ${version}: ${hash}`).join('\n'),
    ],
  ]);
  return `<h2>${html(purpose.title)}</h2>\n${facts}`;
}

export function groundText({ ground, article9, interest }: WrittenPurpose): string {
  const condition = article9 ? `; ${CONDITIONS[article9]}` : '';
  return `${GROUNDS[ground]}${condition}${interest ? `: ${interest}` : ''}`;
}

export function recipientsText(recipients: readonly Recipient[]): string {
  return recipients.length === 0 ? 'none' : recipients.map((one) => `${one.name} (${one.role})`).join(', ');
}

function transfersText(recipients: readonly Recipient[]): string {
  const told = recipients.map(
    ({ name, country, safeguard }) => `${name}: ${country}${safeguard ? `, ${safeguard}` : ''}`,
  );
  return told.length === 0 ? 'none' : told.join('; ');
}

function flowsText({ flows }: WrittenPurpose): string {
  return flows.length === 0
    ? 'no other purpose'
    : flows.map(({ to, categories }) => `${to}: ${categories.join(', ')}`).join('; ');
}

function partyText({ name, address, country, email, url }: Party): string {
  return [name, address, country, email, ...(url ? [url] : [])].join(', ');
}

export function list(lines: readonly string[]): string {
  return `<ul>\n${lines.map((line) => `<li>${html(line)}</li>`).join('\n')}\n</ul>`;
}
