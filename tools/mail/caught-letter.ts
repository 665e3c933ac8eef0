/** A letter as the page shows it. */
export interface CaughtLetter {
  readonly to: readonly string[];
  readonly from: string;
  readonly subject: string;
  readonly messageId: string;
  readonly text: string;
}

/** Reads what our own vault sends: one part of text. Anything else is shown as it came. */
export function readLetter(raw: string, from: string, to: readonly string[]): CaughtLetter {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const headers = readHeaders(head);
  const subject = decodeWords(headers.get('subject') ?? '');
  const messageId = headers.get('message-id') ?? '';
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
  return { to, from, subject, messageId, text: decodeBody(rest.join('\r\n\r\n'), encoding) };
}

function readHeaders(head: string): Map<string, string> {
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n');
  return new Map(
    lines.map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }),
  );
}

function decodeBody(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  const bytes = Buffer.from(body, 'latin1');
  if (encoding !== 'quoted-printable') return bytes.toString('utf8');
  return quotedPrintable(body.replace(/=\r\n/g, ''));
}

/** RFC 2047, in UTF-8. */
function decodeWords(text: string): string {
  const words = /=\?utf-8\?([bq])\?([^?]*)\?=(?:\s+(?==\?))?/gi;
  return text.replace(words, (_, kind: string, word: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(word, 'base64').toString('utf8')
      : quotedPrintable(word.replace(/_/g, ' ')),
  );
}

function quotedPrintable(text: string): string {
  const bytes = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
