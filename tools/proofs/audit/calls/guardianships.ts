import {
  endGuardianship,
  endOwnGuardian,
  enrolPerson,
  issueGuardianCode,
  listOwnGuardians,
  listOwnGuardianships,
  makeGuardianship,
  readGuardianship,
  revokeGuardianship,
} from '@integument/contracts';
import { type SyntheticPerson, synthesise } from '../../../demo/canaries.js';
import { ask, request } from '../../../outside/ask.js';
import { signIn } from '../../../outside/browser.js';
import { enrolSomebody } from '../../../outside/newcomer.js';
import { answer, type Calls, type Cast, call } from './call.js';

/** The child is told by a letter. */
const andALetter = (action: string) => [action, 'letters.request'];

/** Routes about who answers for whom. */
export const GUARDIANSHIP_CALLS: Calls = {
  'guardianships.make': async (cast) =>
    call(
      cast.shop,
      cast.info.urls.vault,
      makeGuardianship,
      { body: (await family(cast)).body },
      andALetter('guardianships.make'),
    ),
  'guardianships.read': async (cast) =>
    call(cast.shop, cast.info.urls.vault, readGuardianship, { params: paramsOf(await recorded(cast)) }),
  'guardianships.end': async (cast) =>
    call(
      cast.shop,
      cast.info.urls.vault,
      endGuardianship,
      { params: paramsOf(await recorded(cast)) },
      andALetter('guardianships.end'),
    ),
  'guardianships.revoke': async (cast) => {
    const body = { reason: { code: 'legal', reference: 'CASE-9' } };
    const input = { params: paramsOf(await recorded(cast)), body };
    return call(
      cast.officer,
      cast.info.urls.vault,
      revokeGuardianship,
      input,
      andALetter('guardianships.revoke'),
    );
  },
  'guardianships.list_guardians': async (cast) => {
    const { childSubject } = await recorded(cast);
    return call(await signIn(cast.info, childSubject), cast.info.urls.vault, listOwnGuardians);
  },
  'guardianships.end_own': async (cast) => {
    const { childSubject, guardianship } = await recorded(cast);
    const browser = await signIn(cast.info, childSubject);
    return call(
      browser,
      cast.info.urls.vault,
      endOwnGuardian,
      { params: { guardianship } },
      andALetter('guardianships.end_own'),
    );
  },
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

interface Recorded {
  readonly guardianship: string;
  readonly subject: string;
  readonly childSubject: string;
}

async function recorded(cast: Cast): Promise<Recorded> {
  const { body, ...subjects } = await family(cast);
  const made = await request(cast.shop, cast.info.urls.vault, makeGuardianship, { body });
  return { guardianship: answer(makeGuardianship, made).guardianship, ...subjects };
}

/** Somebody who answers for a child. */
async function family({ info, shop }: Cast) {
  const { name: guardian, person } = await enrolSomebody(info);
  const [{ enrolment, subject: childSubject }] = synthesise(1) as [SyntheticPerson];
  const fields = { ...enrolment.fields, birth_date: toddler() };
  const { person: child } = await ask(shop, info.urls.vault, enrolPerson, { body: { ...enrolment, fields } });
  const body = { guardian, child, purposes: ['ingest'], evidence: 'Birth certificate' };
  return { body, subject: person.subject, childSubject };
}

function toddler(): string {
  return `${new Date().getUTCFullYear() - 2}-01-01`;
}

function paramsOf({ guardianship }: { guardianship: string }) {
  return { guardianship };
}
