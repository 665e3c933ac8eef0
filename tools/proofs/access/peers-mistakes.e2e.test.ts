import { randomBytes } from 'node:crypto';
import {
  appointStaff,
  approveApproval,
  beginPasskey,
  beginTotp,
  beginUse,
  changeStaffRoles,
  dismissStaff,
  enrolPasskey,
  enrolTotp,
  issueSignInCode,
  listAlertRules,
  listFactors,
  nameAccount,
  openSession,
  readOwnAbilities,
  readSession,
  removeFactor,
  removeLastFactors,
  requestApproval,
  usePasskey,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import { generateSync } from 'otplib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../outside/ask.js';
import { Browser, signIn } from '../../outside/browser.js';
import { SoftwarePasskey } from '../../outside/software-passkey.js';

const info = platform();
const { vault, api } = info.urls;
const reason = { code: 'legal', reference: 'CASE-7' } as const;

let admin: Browser;
let officer: Browser;
beforeAll(async () => {
  admin = await signIn(info, info.staff.admin);
  officer = await signIn(info, info.staff.privacyOfficer);
});

async function agreed(
  operation: 'staff.change' | 'factors.remove_last',
  parameters: object,
): Promise<string> {
  const body = { operation, parameters, reason } as never;
  const { approval } = await ask(admin, vault, requestApproval, { body });
  await ask(officer, vault, approveApproval, { params: { approval } });
  return approval;
}

/** Somebody of staff who has signed in at both apps with a passkey. */
class Colleague {
  readonly subject = `peer-${randomBytes(6).toString('hex')}`;
  readonly #passkey = new SoftwarePasskey(info.urls.web, SoftwarePasskey.make());
  account = '';

  static async appointed(): Promise<Colleague> {
    const one = new Colleague();
    const { subject } = one;
    ({ account: one.account } = await ask(admin, vault, nameAccount, { body: { subject } }));
    const roles = ['auditor' as const];
    const approval = await agreed('staff.change', { account: one.account, roles });
    await ask(admin, vault, appointStaff, { body: { subject, roles, approval } });
    return one;
  }

  /** In a browser of its own. */
  async signedIn(): Promise<Browser> {
    const browser = new Browser(info);
    await browser.signIn(this.subject);
    const { factors } = await ask(browser, vault, listFactors);
    if (factors.length === 0) {
      const options = await ask(browser, vault, beginPasskey);
      await ask(browser, vault, enrolPasskey, { body: { credential: this.#passkey.create(options) } });
    } else await this.#passkeyUsed(browser);
    await browser.openApiSession();
    return browser;
  }

  async #passkeyUsed(browser: Browser): Promise<void> {
    const options = await ask(browser, vault, beginUse);
    await ask(browser, vault, usePasskey, { body: { credential: this.#passkey.get(options) } });
  }
}

const standing = async (browser: Browser) => [
  (await request(browser, vault, readSession)).status,
  (await request(browser, api, listAlertRules)).status,
];
const IN = [200, 200];
const OUT = [401, 401];

// At Fides a session lived on after the password that began it was changed (CVE-2025-57766), at authentik after it had been deleted
// (CVE-2025-29928): whoever had stolen one kept it.
describe('what ends somebody’s rights or factors ends their sessions at both apps (CVE-2025-57766, CVE-2025-29928)', () => {
  let colleague: Colleague;
  beforeAll(async () => {
    colleague = await Colleague.appointed();
  });

  it('another role', async () => {
    const browser = await colleague.signedIn();
    expect(await standing(browser)).toEqual(IN);
    const { account } = colleague;
    const roles = ['auditor' as const, 'support' as const];
    const approval = await agreed('staff.change', { account, roles });
    await ask(admin, vault, changeStaffRoles, { params: { account }, body: { roles, approval } });
    expect(await request(browser, vault, readSession)).toMatchObject({ status: 401 });
    // The roles' own answer says nothing of the API: its worker hears of it within a moment.
    await expect.poll(() => standing(browser), { timeout: 5_000 }).toEqual(OUT);
  });

  it('a factor that is removed, all of them but the one that removed it', async () => {
    const [here, there] = [await colleague.signedIn(), await colleague.signedIn()];
    const { secret } = await ask(here, vault, beginTotp);
    await ask(here, vault, enrolTotp, { body: { code: generateSync({ secret }) } });
    expect([await standing(here), await standing(there)]).toEqual([IN, IN]);
    const { factors } = await ask(here, vault, listFactors);
    const factor = factors.find(({ kind }) => kind === 'totp')?.factor ?? '';
    expect(await ask(here, vault, removeFactor, { params: { factor } })).toEqual({ ended: 'everywhere' });
    expect([await standing(here), await standing(there)]).toEqual([IN, OUT]);
  });

  it('the last factors, and a dismissal', async () => {
    const browser = await colleague.signedIn();
    const { account } = colleague;
    const approval = await agreed('factors.remove_last', { account });
    const removed = await ask(admin, vault, removeLastFactors, { body: { account, approval } });
    expect([removed, await standing(browser)]).toEqual([{ ended: 'everywhere' }, OUT]);
    const again = await colleague.signedIn();
    const leave = await agreed('staff.change', { account, roles: [] });
    const dismissed = await ask(admin, vault, dismissStaff, {
      params: { account },
      body: { approval: leave },
    });
    expect([dismissed, await standing(again)]).toEqual([{ ended: 'everywhere' }, OUT]);
  });
});

// The same for a session that another replaces: at Keycloak one lived on under an id that was used again (CVE-2025-12390).
describe('a session that is replaced in its browser (CVE-2025-12390, Keycloak)', () => {
  it('at the API is dead from the answer on, for who copied its cookie', async () => {
    const browser = await signIn(info, info.staff.auditor);
    const thief = browser.clone();
    expect((await request(thief, api, readOwnAbilities)).status).toBe(200);
    const { code } = await ask(browser, vault, issueSignInCode);
    await ask(browser, api, openSession, { body: { code } });
    expect((await request(thief, api, readOwnAbilities)).status).toBe(401);
    expect((await request(browser, api, readOwnAbilities)).status).toBe(200);
  });

  it('is not, where the code that should replace it is none', async () => {
    const browser = await signIn(info, info.staff.auditor);
    const { code } = await ask(browser, vault, issueSignInCode);
    await ask(new Browser(info), api, openSession, { body: { code } });
    expect((await request(browser, api, openSession, { body: { code } })).status).toBe(401);
    expect((await request(browser, api, readOwnAbilities)).status).toBe(200);
  });
});
