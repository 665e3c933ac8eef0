import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { loginPage, loginPageHeaders } from './login-page.js';
import { ACR, createProvider } from './provider.js';
import type { ProviderSettings } from './settings.js';

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/;
const FORM_BYTES = 4_096;

/** The provider behind its HTTP listener, with the sign-in form and the two health routes. */
export function createProviderServer(settings: ProviderSettings): Server {
  const provider = createProvider(settings);
  const protocol = provider.callback();
  const headers = loginPageHeaders(settings.origins);

  provider.on('backchannel.error', (_ctx, error) => console.error(`logout not delivered: ${error.name}`));
  provider.on('server_error', (_ctx, error) => console.error(`server error: ${error.name}`));

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Throws unless the browser has the cookie of this very interaction.
    await provider.interactionDetails(request, response);
    if (request.method !== 'POST') {
      response.writeHead(200, headers).end(loginPage(false));
      return;
    }
    const form = await readForm(request);
    const name = form.get('name')?.trim() ?? '';
    if (!NAME.test(name) || !isPassword(form.get('password') ?? '', settings.demoPassword)) {
      response.writeHead(401, headers).end(loginPage(true));
      return;
    }
    const login = {
      accountId: name,
      acr: ACR,
      amr: ['pwd'],
      remember: false,
      ts: Math.floor(Date.now() / 1_000),
    };
    await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
  }

  return createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/healthz' || path === '/readyz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    } else if (path.startsWith('/interaction/')) {
      interact(request, response).catch((error: unknown) => refuse(response, error));
    } else {
      // Not parsed as a URL: `//[` is a path that a browser sends, and none that parses.
      if (path.split('?', 1)[0] === '/auth') forgetSession(request, response);
      void protocol(request, response);
    }
  });
}

/**
 * Whoever tries the demo wants to be alice and then olivia in one browser: a sign-in begins without the session of the
 * last one, and so asks for a name each time.
 */
function forgetSession(request: IncomingMessage, response: ServerResponse): void {
  delete request.headers.cookie;
  const gone = ['_session', '_session.sig'].map(
    (name) => `${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`,
  );
  response.setHeader('set-cookie', gone);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > FORM_BYTES) throw new Error('form too long');
  }
  return new URLSearchParams(text);
}

function isPassword(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function refuse(response: ServerResponse, error: unknown): void {
  console.error(`interaction refused: ${error instanceof Error ? error.name : 'unknown'}`);
  if (response.headersSent) response.destroy();
  else
    response
      .writeHead(400, { 'content-type': 'text/plain' })
      .end('This sign-in has ended. Start it again.\n');
}
