const PROBLEM_TYPE = 'application/problem+json';
const CODE = /^[a-z][a-z0-9_.]{0,79}$/;
const PLACE = /^[A-Za-z0-9_.*]{1,80}$/;

/**
 * What an app says of its refusal (RFC 9457), to be put behind the status: ` (request.invalid: query.to)`. Its code and where
 * the request was wrong, if they look like that: other text of a reply could be anything.
 * @returns nothing where it says nothing
 */
export async function problemOf(
  reply: Response,
  read: (body: AsyncIterable<Uint8Array>) => Promise<Uint8Array>,
): Promise<string> {
  if (!reply.headers.get('content-type')?.startsWith(PROBLEM_TYPE) || !reply.body) {
    await reply.body?.cancel();
    return '';
  }
  const text = Buffer.from(await read(reply.body as AsyncIterable<Uint8Array>)).toString('utf8');
  const { code, errors } = parse(text);
  if (typeof code !== 'string' || !CODE.test(code)) return '';
  const places = Array.isArray(errors) ? errors.map(placeOf).filter((place) => place !== '') : [];
  return ` (${[code, places.join(', ')].filter((part) => part !== '').join(': ')})`;
}

function placeOf(error: unknown): string {
  const path = (error as { path?: unknown } | null)?.path;
  return typeof path === 'string' && PLACE.test(path) ? path : '';
}

function parse(text: string): { code?: unknown; errors?: unknown } {
  try {
    return Object(JSON.parse(text)) as { code?: unknown; errors?: unknown };
  } catch {
    return {};
  }
}
