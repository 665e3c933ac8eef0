import type { AnswerOf, RouteContract } from '@integument/contracts';
import type { PlatformInfo } from '@integument/testing';
import { type Exchange, type LooseInput, request } from '../../../outside/ask.js';
import type { Browser } from '../../../outside/browser.js';
import type { CertificateHolder } from '../../../outside/certificate-holder.js';
import type { Client } from '../../../outside/client.js';
import type { Visitor } from '../../../outside/visitor.js';
import type { Plane } from '../log-tables.js';

/** Who takes part: kept for all calls, since a sign-in takes a while. */
export interface Cast {
  readonly info: PlatformInfo;
  readonly shop: Client;
  readonly app: Client;
  readonly officer: Browser;
  readonly auditor: Browser;
  readonly admin: Browser;
  readonly api: CertificateHolder;
}

/** A request that will succeed, with everything it needs made before. */
export interface Call {
  /** may be asked again where it failed without effect */
  send(): Promise<Exchange>;
  /** The actions whose entries one success leaves; the route's own when absent. */
  readonly leaves?: readonly string[];
  /** The one plane whose log fails, where the call needs the other to do its part first; both when absent. */
  readonly within?: Plane;
}

/** By route id: how to make a call that reads or changes personal data. */
export type Calls = Readonly<Record<string, (cast: Cast) => Promise<Call>>>;

export function call(
  visitor: Visitor,
  app: string,
  route: RouteContract,
  input?: LooseInput,
  leaves?: readonly string[],
): Call {
  return { send: () => request(visitor, app, route, input), ...(leaves && { leaves }) };
}

/** @returns the answer of a preparation, which must succeed */
export function answer<R extends RouteContract>(route: R, { status, json }: Exchange): AnswerOf<R> {
  if (status < 200 || status > 299) throw new Error(`preparing: ${route.id} answered ${status}`);
  return route.reply?.parse(json) as AnswerOf<R>;
}
