import type { PlatformInfo } from '@integument/testing';
import type { Visitor } from '../outside/visitor.js';

export type App = 'vault' | 'api';

/** Keeps what the apps answered in public, to look afterwards for what should never have been said. */
export class Tape {
  readonly #answers: { readonly app: App; readonly text: string }[] = [];

  /** The same visitor; what they hear is kept. */
  recording(visitor: Visitor, { urls }: PlatformInfo): Visitor {
    return {
      send: async (url, init) => {
        const reply = await visitor.send(url, init);
        const text = await reply.text();
        const headers = JSON.stringify([...reply.headers]);
        this.#answers.push({
          app: url.startsWith(urls.vault) ? 'vault' : 'api',
          text: `${headers}\n${text}`,
        });
        return new Response(text === '' ? null : text, { status: reply.status, headers: reply.headers });
      },
    };
  }

  answers(app: App): string[] {
    return this.#answers.filter((answer) => answer.app === app).map(({ text }) => text);
  }

  /** How many answers of an app hold one of these texts. */
  count(app: App, texts: readonly string[]): number {
    return this.answers(app).filter((answer) => texts.some((text) => answer.includes(text))).length;
  }
}
