/** Somebody outside who can send requests, with whatever credential is theirs. */
export interface Visitor {
  /** Follows no redirect. */
  send(url: string, init?: RequestInit): Promise<Response>;
}

/** Nobody in particular. */
export const stranger: Visitor = {
  send: (url, init = {}) => fetch(url, { ...init, redirect: 'manual' }),
};
