import {
  listDeadLetters,
  putWebhook,
  readWebhook,
  removeWebhook,
  replayDeadLetters,
  rotateWebhookSecret,
} from '@integument/contracts';
import { ask } from '../../../outside/ask.js';
import { type Calls, type Cast, call } from './call.js';
import { registered } from './clients.js';

const reason = { code: 'legal', reference: 'CASE-4' } as const;
const body = { url: 'https://client.example/told', events: ['person.erased' as const], reason };

/** Where clients are told. */
export const WEBHOOK_CALLS: Calls = {
  'webhooks.put': async (cast) => {
    const { client } = await registered(cast);
    return call(cast.officer, cast.info.urls.vault, putWebhook, { params: { client }, body });
  },
  'webhooks.read': async (cast) =>
    call(cast.officer, cast.info.urls.vault, readWebhook, { params: await told(cast) }),
  'webhooks.rotate_secret': async (cast) =>
    call(cast.admin, cast.info.urls.vault, rotateWebhookSecret, {
      params: await told(cast),
      body: { reason },
    }),
  'webhooks.remove': async (cast) =>
    call(cast.admin, cast.info.urls.vault, removeWebhook, { params: await told(cast) }),
  'webhooks.dead_letters': async (cast) =>
    call(cast.officer, cast.info.urls.vault, listDeadLetters, { params: await told(cast) }),
  'webhooks.replay': async (cast) =>
    call(cast.admin, cast.info.urls.vault, replayDeadLetters, { params: await told(cast), body: { reason } }),
};

async function told(cast: Cast) {
  const { client } = await registered(cast);
  await ask(cast.admin, cast.info.urls.vault, putWebhook, { params: { client }, body });
  return { client };
}
