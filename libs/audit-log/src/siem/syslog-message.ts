import { type OcsfEvent, SEVERITY } from './ocsf.js';

/** Facility "log audit" (RFC 5424, table 1). */
const FACILITY = 13;
/**
 * Name of our structured data. 32473 is the enterprise number that IANA keeps for documentation (RFC 5612): the project
 * has none of its own, and this one can't collide with a vendor's.
 */
export const SD_ID = 'integument@32473';

const APP_NAME = 'integument';
const NIL = '-';

/**
 * One message of RFC 5424 without its frame. The message part is the OCSF event as JSON, written in ASCII: a text in
 * UTF-8 would have to begin with a byte order mark, at which many JSON readers stop.
 * @param hostname of this machine, as the receiver knows it
 */
export function syslogMessage(event: OcsfEvent, hostname: string): string {
  const { log_name, sequence } = event.metadata;
  const action = actionOf(event);
  const outcome = event.status_id === 2 ? 'refused' : 'done';
  const header = [
    `<${FACILITY * 8 + severityOf(event)}>1`,
    new Date(event.time).toISOString(),
    headerField(hostname, 255),
    APP_NAME,
    NIL,
    headerField(action, 32),
  ];
  const data = structuredData({ log: log_name, position: String(sequence), action, outcome });
  return `${header.join(' ')} ${data} ${asciiJson(event)}`;
}

/** Octet counting, the only framing of syslog over TLS (RFC 5425, section 4.3). */
export function frame(message: string): Buffer {
  return Buffer.from(`${Buffer.byteLength(message, 'utf8')} ${message}`, 'utf8');
}

/** @param params names are constants of ours; values may be anything */
export function structuredData(params: Readonly<Record<string, string>>): string {
  const written = Object.entries(params).map(([name, value]) => ` ${name}="${escapeParam(value)}"`);
  return `[${SD_ID}${written.join('')}]`;
}

/** RFC 5424, section 6.3.3: these three would end the value or the element. */
function escapeParam(value: string): string {
  return value.replace(/["\\\]]/g, '\\$&');
}

/** Printable ASCII without spaces, cut to its length: anything else would shift the fields behind it. */
function headerField(value: string, length: number): string {
  return value.replace(/[^\x21-\x7e]/g, '_').slice(0, length) || NIL;
}

function asciiJson(value: unknown): string {
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

function actionOf({ api }: OcsfEvent): string {
  return (api as { operation?: string } | undefined)?.operation ?? 'audit.unreadable';
}

/** Informational; warning for a refusal; critical where OCSF says high. */
function severityOf({ severity_id }: OcsfEvent): number {
  if (severity_id >= SEVERITY.high) return 2;
  return severity_id === SEVERITY.low ? 4 : 6;
}
