import { createTransport, type Transporter } from 'nodemailer';
import type { MailSettings } from '../../mail-settings.js';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly language: string;
  /** the part before the @; the same at each attempt, so that mail systems fold what comes twice */
  readonly messageId: string;
}

/** What became of one attempt. `refused`: there is no such mailbox, and there is no use in trying again. */
export type Delivery =
  | { readonly outcome: 'accepted' | 'refused' }
  | { readonly outcome: 'later'; readonly status?: number; readonly component?: string };

/** One command that isn't answered. */
const SILENT_MS = 30_000;

/** Hands mail to the operator's SMTP server, one connection each. */
export class Mailer {
  readonly #transport: Transporter;
  readonly #host: string;

  constructor(private readonly settings: MailSettings) {
    const { host, port, secure, loopback, user, password } = settings;
    this.#host = settings.from.address.slice(settings.from.address.lastIndexOf('@') + 1);
    this.#transport = createTransport({
      host,
      port,
      secure,
      // Without TLS addresses, and the password, would be read on the way; what only goes to loopback is on no way.
      requireTLS: !loopback,
      ignoreTLS: loopback,
      // What this machine is called is nobody's business there.
      name: this.#host,
      ...(user !== undefined && { auth: { user, pass: password } }),
      connectionTimeout: SILENT_MS,
      greetingTimeout: SILENT_MS,
      socketTimeout: SILENT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
      logger: false,
    });
  }

  /** @param signal ends it wherever it is. Never rejects: an error of a mail server has the address in its text. */
  async send({ to, subject, text, language, messageId }: Mail, signal: AbortSignal): Promise<Delivery> {
    const mail = {
      from: this.settings.from,
      to: { name: '', address: to },
      subject,
      text,
      messageId: `<${messageId}@${this.#host}>`,
      headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
      xMailer: false as const,
      signal,
    };
    try {
      await this.#transport.sendMail(mail);
      return { outcome: 'accepted' };
    } catch (error) {
      return failure(error as SmtpError);
    }
  }
}

interface SmtpError {
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

/**
 * Whether the mailbox is gone (RFC 3463: a bad address, 5.1, but a sender's; a mailbox that takes nothing, 5.2; nobody there, 5.4.1), or
 * something is wrong that concerns others too: a password, our own address, being taken for a spammer. By that nobody's address is
 * marked, or one wrong setting would mark everybody's.
 */
function failure({ code, command, response = '', responseCode }: SmtpError): Delivery {
  const ofRecipient = command === 'RCPT TO' || command === 'DATA';
  const enhanced = /^5\d\d[ -](5\.\d{1,3}\.\d{1,3})\b/.exec(response)?.[1];
  const gone = enhanced === undefined || /^5\.(1\.(?![78]$)|2\.|4\.1$)/.test(enhanced);
  if (ofRecipient && responseCode !== undefined && responseCode >= 500 && gone) return { outcome: 'refused' };
  return {
    outcome: 'later',
    ...(responseCode && { status: responseCode }),
    ...(code && { component: code }),
  };
}
