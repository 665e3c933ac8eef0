/** A reply other than success; the code is the app's own, such as `consent.superseded`. */
export class Refused extends Error {
  constructor(status, code) {
    super(code ?? `status ${status}`);
    this.name = 'Refused';
    this.status = status;
    this.code = code;
  }
}

/**
 * Calls one app with its own cookie. Each has a cookie of its own; neither is ever given the other's.
 * @throws {Refused}
 */
export async function call(origin, method, path, body) {
  const reply = await fetch(origin + path, {
    method,
    credentials: 'include',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await reply.text();
  const isJson = /json/.test(reply.headers.get('content-type') ?? '');
  const content = isJson ? JSON.parse(text) : undefined;
  if (!reply.ok) throw new Refused(reply.status, content?.code);
  return content;
}

/** Like `call`, but null where nobody is signed in. */
export async function callIfSignedIn(origin, method, path) {
  try {
    return await call(origin, method, path);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return null;
    throw error;
  }
}
