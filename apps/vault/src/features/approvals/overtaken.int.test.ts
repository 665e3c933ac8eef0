import type { ApprovalId, ClientId, Credential, ParametersOf, StaffId } from '@integument/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agreed, CASE, type Member } from '../../member.fixture.js';
import { RuleMakers } from '../../rules.fixture.js';
import { officer, read, somebody, vault } from './approvals.fixture.js';

// Somebody gets a yes for what is so already, or will be, and keeps it. When it is changed, by others or by one who may do that alone, to
// stop something, the yes must not be what undoes it.

type Shop = ParametersOf<'clients.change'>;

let count = 0;
let admin: Member;
let client: ClientId;
const shop = (more: Partial<Shop> = {}): Shop => ({
  client,
  use: 'identity',
  purposes: ['delivery'],
  vouchesFor: [],
  dpop: false,
  credentials: [`${client}-1` as Credential],
  suspended: false,
  ...more,
});
const allow = (more: Partial<Shop> = {}) => agreed(vault, [admin, officer], 'clients.change', shop(more));

async function registered(): Promise<void> {
  admin = await somebody('admin');
  client = `shop-${++count}` as ClientId;
  const { suspended: _, ...declared } = shop();
  const approval = await allow();
  await admin.ask((tx, asker) => vault.clients.register(tx, asker, { ...declared, approval }));
}
const suspend = () => officer.ask((tx, asker) => vault.clients.suspend(tx, asker, client, CASE));
const resume = (approval: ApprovalId) =>
  admin.ask((tx, asker) => vault.clients.resume(tx, asker, client, { approval }));
const change = (approval: ApprovalId, { purposes, vouchesFor, dpop }: Shop) =>
  admin.ask((tx, asker) => vault.clients.change(tx, asker, client, { purposes, vouchesFor, dpop, approval }));

async function expectVoid(approval: ApprovalId, use: (approval: ApprovalId) => Promise<unknown>) {
  await expect(use(approval)).rejects.toThrow('approvals.over');
  expect((await read(admin, approval)).state).toBe('void');
}

describe('a kept approval', () => {
  it('of a client as it is lifts no suspension that came after it', async () => {
    await registered();
    const kept = await allow();
    await suspend();
    await expectVoid(kept, resume);
    await resume(await allow());
  });

  it('of more purposes is void once the client was narrowed', async () => {
    await registered();
    const wide = shop({ purposes: ['delivery', 'support'] });
    const kept = await allow(wide);
    await change(await allow({ purposes: [] }), shop({ purposes: [] }));
    await expectVoid(kept, (approval) => change(approval, wide));
  });

  it('registers no client that was removed after it', async () => {
    await registered();
    const again = shop({ credentials: [`${client}-2` as Credential] });
    const kept = await allow(again);
    await officer.ask((tx, asker) => vault.clients.remove(tx, asker, client, CASE));
    const { suspended: _, ...declared } = again;
    await expectVoid(kept, (approval) =>
      admin.ask((tx, asker) => vault.clients.register(tx, asker, { ...declared, approval })),
    );
  });

  it('of another client is not touched by any of this', async () => {
    await registered();
    const [other, kept] = [client, await allow({ dpop: true })];
    const asker = admin;
    await registered();
    await suspend();
    const use = asker.ask((tx, who) =>
      vault.clients.change(tx, who, other, {
        purposes: ['delivery'],
        vouchesFor: [],
        dpop: true,
        approval: kept,
      }),
    );
    expect(await use).toMatchObject({ client: other, dpop: true });
  });

  it('gives no roles back that were taken after it', async () => {
    admin = await somebody('admin');
    const subject = `colleague-${++count}`;
    const { account } = await admin.ask((tx, asker) => vault.staff.name(tx, asker, { subject }));
    const give = async (...roles: 'support'[]) =>
      agreed(vault, [admin, officer], 'staff.change', { account: account as StaffId, roles });
    const appoint = (approval: ApprovalId) =>
      admin.ask((tx, asker) => vault.staff.appoint(tx, asker, { subject, roles: ['support'], approval }));
    await appoint(await give('support'));
    const kept = await give('support');
    const approval = await give();
    await admin.ask((tx, asker) => vault.staff.dismiss(tx, asker, account as StaffId, { approval }));
    await expectVoid(kept, appoint);
  });
});

describe('a kept approval of rules', () => {
  let makers: RuleMakers;
  beforeAll(async () => {
    makers = await RuleMakers.of(vault);
  });
  const strict = (id: string) => ({
    rules: [
      {
        id,
        app: 'vault' as const,
        action: 'read',
        resource: 'Person',
        only: [{ region: ['DE'] }],
      },
    ],
  });

  it('puts no version back in force that was replaced after it', async () => {
    const lax = await makers.draft({ rules: [] });
    await makers.enact({ rules: [] });
    const kept = await makers.approved(lax.version, lax.digest);
    await makers.enact(strict('later'));
    const use = vault.unitOfWork.run((tx) =>
      vault.rules.enact(tx, makers.admin, { version: lax.version }, { digest: lax.digest, approval: kept }),
    );
    await expect(use).rejects.toThrow('approvals.over');
  });
});
