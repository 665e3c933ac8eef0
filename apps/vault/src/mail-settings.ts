import { LANGUAGES } from '@integument/contracts';
import { isLoopback, secretFile } from '@integument/http';
import { z } from 'zod';

/** `shop@example.org`, or with a name before it: `The Shop <shop@example.org>`. */
const mailbox = z
  .string()
  .max(320)
  .transform((text, issues) => {
    const [, name = '', named = text] = /^([^<>"\p{C}\p{Zl}\p{Zp}]{1,64}) <([^<>]+)>$/u.exec(text) ?? [];
    const address = z.email().safeParse(named);
    if (address.success) return { name: name.trim(), address: address.data };
    issues.addIssue({ code: 'custom' });
    return z.NEVER;
  });

/** Without a user or password in it: settings get printed, and kept in crash reports. */
const mailUrl = z.url({ protocol: /^smtps?$/ }).refine((text) => {
  const { username, password, pathname, search, hash, hostname } = new URL(text);
  return hostname !== '' && `${username}${password}${search}${hash}` === '' && /^\/?$/.test(pathname);
});

/** Where letters go. `checkMail` asks for them whole. */
export const mailSettings = {
  MAIL_URL: mailUrl
    .optional()
    .describe(
      'SMTP server that sends letters: `smtps://host`, or `smtp://host:587` with STARTTLS, which is insisted on but on loopback. Letters wait while it is absent',
    ),
  MAIL_FROM: mailbox
    .optional()
    .describe('Who letters are from: an address, or `A name <address>`. Required with `MAIL_URL`'),
  MAIL_USER: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe('Name at the SMTP server, where it asks for one'),
  MAIL_PASSWORD_FILE: secretFile('File with the password to it. Required with `MAIL_USER`').optional(),
  LETTERS_LANGUAGE: z
    .enum(LANGUAGES)
    .default('en')
    .describe('Language of letters to those of whom none is known'),
};

type MailConfig = z.output<z.ZodObject<typeof mailSettings>>;

/** Half of it would be letters that never leave, and nobody who knows. */
export function checkMail(config: MailConfig, issues: z.core.$RefinementCtx): void {
  const refuse = (setting: keyof MailConfig) => issues.addIssue({ code: 'custom', path: [setting] });
  const { MAIL_URL: url, MAIL_FROM: from, MAIL_USER: user, MAIL_PASSWORD_FILE: password } = config;
  if (url && !from) refuse('MAIL_FROM');
  if (!url && (from || user || password)) refuse('MAIL_URL');
  if (password && !user) refuse('MAIL_USER');
  if (user && !password) refuse('MAIL_PASSWORD_FILE');
}

/** How letters are handed on. */
export interface MailSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte on */
  readonly secure: boolean;
  readonly loopback: boolean;
  readonly from: { readonly name: string; readonly address: string };
  readonly user?: string;
  readonly password?: string;
}

/** @returns null where nothing is to be sent */
export function mailSettingsOf(config: MailConfig): MailSettings | null {
  const { MAIL_URL: text, MAIL_FROM: from, MAIL_USER: user, MAIL_PASSWORD_FILE: password } = config;
  if (!text || !from) return null;
  const url = new URL(text);
  const secure = url.protocol === 'smtps:';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    loopback: isLoopback(text),
    from,
    ...(user !== undefined && { user }),
    ...(password !== undefined && { password }),
  };
}
