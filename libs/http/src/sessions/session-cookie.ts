import type { HttpRequest } from '../request.js';

/**
 * The cookie of a session: `__Host-` binds it to this very origin over TLS. Plain http exists only on loopback, where
 * browsers would refuse the prefix; the settings refuse it elsewhere.
 */
export class SessionCookieFormat {
  /** as browsers know it */
  readonly name: string;
  readonly #attributes: string;

  constructor(name: string, publicUrl: string) {
    const secure = publicUrl.startsWith('https:');
    this.name = secure ? `__Host-${name}` : name;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  }

  /** @returns the value, or undefined where the browser sent none, or more than one */
  read(request: Pick<HttpRequest, 'headers'>): string | undefined {
    const prefix = `${this.name}=`;
    const own = (request.headers.cookie ?? '')
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part.startsWith(prefix));
    return own.length === 1 ? own[0]?.slice(prefix.length) : undefined;
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
