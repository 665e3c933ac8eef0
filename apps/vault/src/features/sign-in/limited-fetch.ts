import { isLoopback } from '@integument/http';

/** The provider could not be asked, or gave what is no answer to it. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway';
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Metadata and keys of real providers are below 32 KiB. */
const ANSWER_MAX = 262_144;

/**
 * Makes the `fetch` by which providers are asked: whole within its time, not above its size, and no redirect is followed, since
 * it would let whoever can answer for one address speak from another. Plain http only on loopback, for the embedded run.
 * @param patienceMs for one request, its body included
 */
export function limitedFetch(patienceMs: number, plainHttp: boolean): Fetch {
  return async (url, { signal, ...init }) => {
    if (!url.startsWith('https:') && !(plainHttp && isLoopback(url))) throw new ProviderAway('not https');
    const patience = AbortSignal.timeout(patienceMs);
    try {
      const response = await fetch(url, {
        ...init,
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
      const body = await readAtMost(response, ANSWER_MAX);
      return answer(response, body);
    } catch (error) {
      throw error instanceof ProviderAway ? error : new ProviderAway('no answer', { cause: error });
    }
  };
}

async function readAtMost({ body }: Response, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop cancels the rest.
    if (size > most) throw new ProviderAway('an endless answer');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function answer({ status, headers }: Response, body: Buffer): Response {
  const isRedirect = status >= 300 && status < 400;
  if (isRedirect || status === 429 || status >= 500) throw new ProviderAway('no answer of its own');
  const type = headers.get('content-type');
  // A body that was read is decoded, so of the other headers some would be untrue.
  return new Response(body.length > 0 ? new Uint8Array(body) : null, {
    status,
    headers: type === null ? {} : { 'content-type': type },
  });
}
