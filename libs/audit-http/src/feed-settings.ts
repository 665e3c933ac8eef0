import type { SiemSettings } from '@integument/audit-log';
import { isLoopback, plainFile, secretFile } from '@integument/http';
import { isWebhookSecret } from '@integument/webhooks';
import { z } from 'zod';

/** Settings of the log's feeds to other systems, the same in every app that keeps a log. */
export const auditFeedSettings = {
  AUDIT_SYSLOG_URL: z
    .url({ protocol: /^tls$/ })
    .optional()
    .describe(
      'Sends the audit log as syslog over TLS (RFC 5425) to `tls://host:port`; to nowhere when absent',
    ),
  AUDIT_SYSLOG_CA_FILE: plainFile(
    'Certificate authority of the syslog receiver (PEM); goes with the URL',
  ).optional(),
  AUDIT_SYSLOG_CERT_FILE: plainFile(
    'Our certificate towards the receiver, where it asks for one (PEM)',
  ).optional(),
  AUDIT_SYSLOG_KEY_FILE: secretFile('Its key (PEM)').optional(),
  AUDIT_SYSLOG_HOSTNAME: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .describe('This machine’s name in syslog messages; the system’s own when absent'),
  AUDIT_SYSLOG_CONFIRM: z
    .enum(['close-notify', 'close'])
    .default('close-notify')
    .describe(
      'What shows that the receiver has read a run of messages: its TLS close_notify, or any close after ours, for receivers that send none (rsyslog’s gtls driver)',
    ),
  AUDIT_PUSH_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => url.startsWith('https:') || isLoopback(url))
    .optional()
    .describe(
      'Posts the audit log there as OCSF events, NDJSON, signed as Standard Webhooks; to nowhere when absent',
    ),
  AUDIT_PUSH_SECRET_FILE: secretFile('Secret of these signatures (`whsec_…`); goes with the URL').optional(),
};

type FeedConfig = z.output<z.ZodObject<typeof auditFeedSettings>>;
type FeedSetting = keyof typeof auditFeedSettings;

/** Each needs the other, or the other way round too. */
const TOGETHER: readonly (readonly [FeedSetting, FeedSetting])[] = [
  ['AUDIT_SYSLOG_URL', 'AUDIT_SYSLOG_CA_FILE'],
  ['AUDIT_SYSLOG_CA_FILE', 'AUDIT_SYSLOG_URL'],
  ['AUDIT_SYSLOG_CERT_FILE', 'AUDIT_SYSLOG_KEY_FILE'],
  ['AUDIT_SYSLOG_KEY_FILE', 'AUDIT_SYSLOG_CERT_FILE'],
  ['AUDIT_SYSLOG_CERT_FILE', 'AUDIT_SYSLOG_URL'],
  ['AUDIT_SYSLOG_HOSTNAME', 'AUDIT_SYSLOG_URL'],
  ['AUDIT_PUSH_URL', 'AUDIT_PUSH_SECRET_FILE'],
  ['AUDIT_PUSH_SECRET_FILE', 'AUDIT_PUSH_URL'],
];

/** For a schema's `superRefine`: a feed that is set up by half stops the start, and doesn't just not send. */
export function refuseHalfFeeds(config: FeedConfig, issues: z.RefinementCtx): void {
  for (const [given, needed] of TOGETHER) {
    if (config[given] === undefined || config[needed] !== undefined) continue;
    issues.addIssue({ code: 'custom', path: [needed], message: `goes with ${given}` });
  }
  const secret = config.AUDIT_PUSH_SECRET_FILE;
  if (secret !== undefined && !isWebhookSecret(secret)) {
    issues.addIssue({
      code: 'custom',
      path: ['AUDIT_PUSH_SECRET_FILE'],
      message: 'no secret of Standard Webhooks',
    });
  }
}

/** The feeds that are set up. */
export function siemSettings(config: FeedConfig): SiemSettings {
  return { ...syslogOf(config), ...pushOf(config) };
}

function syslogOf(config: FeedConfig): Pick<SiemSettings, 'syslog'> {
  const { AUDIT_SYSLOG_URL: url, AUDIT_SYSLOG_CA_FILE: ca, AUDIT_SYSLOG_HOSTNAME: hostname } = config;
  const { AUDIT_SYSLOG_CERT_FILE: certificate, AUDIT_SYSLOG_KEY_FILE: key } = config;
  if (url === undefined || ca === undefined) return {};
  return {
    syslog: {
      url,
      ca,
      confirm: config.AUDIT_SYSLOG_CONFIRM,
      ...(certificate && { certificate }),
      ...(key && { key }),
      ...(hostname && { hostname }),
    },
  };
}

function pushOf({
  AUDIT_PUSH_URL: url,
  AUDIT_PUSH_SECRET_FILE: secret,
}: FeedConfig): Pick<SiemSettings, 'push'> {
  return url === undefined || secret === undefined ? {} : { push: { url, secret } };
}
