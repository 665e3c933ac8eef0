// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { TestVault } from '../../vault.fixture.js';
import { Member } from './factors.fixture.js';

export let vault: TestVault;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(() => {
  vault.ahead = 0;
});

export const MINUTE = 60_000;
let subjects = 0;
/** Somebody of staff whom no other test knows; an auditor where nothing else is said. */
export const somebody = (role = 'auditor') => Member.appointed(vault, `member-${++subjects}`, [role]);
export async function withTotp(): Promise<Member> {
  const member = await somebody();
  await member.enrolTotp();
  return member;
}
export async function withPasskey(): Promise<Member> {
  const member = await somebody();
  await member.enrolPasskey();
  return member;
}

/** Runs with the vault's clock ahead by so much. */
export async function later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  vault.ahead += milliseconds;
  try {
    return await work();
  } finally {
    vault.ahead -= milliseconds;
  }
}

export const factorsOf = (member: Member) => member.ask((tx, asker) => vault.factors.list(tx, asker));
export const alive = (secret: string) => vault.unitOfWork.run((tx) => vault.sessions.find(tx, secret));

/** As many browsers of one member, each signed in. */
export async function browsers(member: Member, count: number): Promise<Member[]> {
  const all: Member[] = [];
  for (let n = 0; n < count; n++) all.push(await member.elsewhere());
  return all;
}

/** The vault ends and starts again on the same database. */
export async function restart(): Promise<void> {
  vault = await vault.restart();
}
