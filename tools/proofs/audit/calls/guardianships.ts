import {
  endGuardianship,
  enrolPerson,
  issueGuardianCode,
  listOwnGuardianships,
  makeGuardianship,
  readGuardianship,
} from '@integument/contracts';
import { ask, request } from '../../../outside/ask.js';
import { signIn } from '../../../outside/browser.js';
import { enrolSomebody } from '../../../outside/newcomer.js';
import { answer, type Calls, type Cast, call } from './call.js';

/** Routes about who answers for whom. */
export const GUARDIANSHIP_CALLS: Calls = {
  'guardianships.make': async (cast) =>
    call(cast.shop, cast.info.urls.vault, makeGuardianship, { body: (await family(cast)).body }),
  'guardianships.read': async (cast) =>
    call(cast.shop, cast.info.urls.vault, readGuardianship, { params: paramsOf(await recorded(cast)) }),
  'guardianships.end': async (cast) =>
    call(cast.shop, cast.info.urls.vault, endGuardianship, { params: paramsOf(await recorded(cast)) }),
  'guardianships.list_own': async (cast) => {
    const { subject } = await recorded(cast);
    return call(await signIn(cast.info, subject), cast.info.urls.vault, listOwnGuardianships);
  },
  'guardianships.issue_code': async (cast) => {
    const { subject, guardianship } = await recorded(cast);
    const browser = await signIn(cast.info, subject);
    return call(browser, cast.info.urls.vault, issueGuardianCode, { params: { guardianship } });
  },
};

async function recorded(cast: Cast): Promise<{ guardianship: string; subject: string }> {
  const { body, subject } = await family(cast);
  const made = await request(cast.shop, cast.info.urls.vault, makeGuardianship, { body });
  return { guardianship: answer(makeGuardianship, made).guardianship, subject };
}

/** Somebody who answers for a child. */
async function family({ info, shop }: Cast) {
  const { name: guardian, person } = await enrolSomebody(info);
  const fields = { email: `child.${person.enrolment.fields.email}`, birth_date: toddler() };
  const { person: child } = await ask(shop, info.urls.vault, enrolPerson, { body: { fields } });
  const body = { guardian, child, purposes: ['ingest'], evidence: 'Birth certificate' };
  return { body, subject: person.subject };
}

function toddler(): string {
  return `${new Date().getUTCFullYear() - 2}-01-01`;
}

function paramsOf({ guardianship }: { guardianship: string }) {
  return { guardianship };
}
