import type { HttpRequest } from '../request.js';

const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** Whether this can be a session's secret, at either app: 32 bytes in base64url. */
export function isSessionSecret(text: string): boolean {
  return SECRET.test(text);
}

/**
 * The cookie of a session: `__Host-` binds it to this very origin over TLS. Plain http exists only on loopback, where
 * browsers would refuse the prefix; the settings refuse it elsewhere.
 */
export class SessionCookieFormat {
  /** as browsers know it */
  readonly name: string;
  readonly #prefix: string;
  readonly #attributes: string;

  constructor(name: string, publicUrl: string) {
    const secure = publicUrl.startsWith('https:');
    this.name = secure ? `__Host-${name}` : name;
    this.#prefix = `${this.name}=`;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  }

  /** @returns the value, or undefined where the browser sent none, or more than one */
  read(request: Pick<HttpRequest, 'headers'>): string | undefined {
    const { cookie } = request.headers;
    if (cookie === undefined) return undefined;
    let found: string | undefined;
    for (const part of cookie.split(';')) {
      const pair = part.trim();
      if (!pair.startsWith(this.#prefix)) continue;
      if (found !== undefined) return undefined;
      found = pair.slice(this.#prefix.length);
    }
    return found;
  }

  /** A `Set-Cookie` value. @param maxAge seconds */
  write(value: string, maxAge: number): string {
    return `${this.name}=${value}; Max-Age=${Math.max(0, Math.floor(maxAge))}${this.#attributes}`;
  }

  /** A `Set-Cookie` value that removes it. */
  clear(): string {
    return this.write('', 0);
  }
}
