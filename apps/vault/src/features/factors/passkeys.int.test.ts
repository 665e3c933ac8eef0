// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { KeyObject, sign, webcrypto } from 'node:crypto';
import { CodedError } from '@integument/contracts';
import * as x509 from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import type { Misbehaviour, Statement } from '../../../../../tools/outside/software-passkey.js';
import { outcomes } from '../../outcomes.fixture.js';
import { alive, later, MINUTE, restart, somebody, vault, withPasskey } from './factor-stage.fixture.js';
import { Member } from './factors.fixture.js';

describe('a passkey', () => {
  const optionsOf = (member: Member) => member.ask((tx, asker) => vault.factorUse.beginPasskey(tx, asker));
  async function answer(member: Member, wrong: Misbehaviour = {}) {
    const assertion = member.passkey.get(await optionsOf(member), wrong);
    return member.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
  }

  it('lifts the session that it was used in', async () => {
    const member = await withPasskey();
    await member.signIn();
    const before = member.secret;
    await member.usePasskey();
    expect(member.asker.caller.secondFactorAt).toBeInstanceOf(Date);
    expect(await alive(before)).toBeNull();
  });

  const wrongs: [string, Misbehaviour][] = [
    ['without user verification', { userVerified: false }],
    ['with a counter that did not rise', { counter: 1 }],
    ['with no counter after it had one', { counter: 0 }],
    ['for another page', { origin: 'https://web.example.evil.test' }],
    ['for a challenge of its own', { challenge: Buffer.alloc(32, 7).toString('base64url') }],
    ['with a signature of nothing', { signature: Buffer.alloc(70, 1) }],
  ];
  it.each(wrongs)('%s is refused', async (_, wrong) => {
    const member = await withPasskey();
    await member.signIn();
    await expect(answer(member, wrong)).rejects.toThrow('factors.refused');
    expect((await alive(member.secret)) as object).not.toHaveProperty('secondFactorAt');
  });

  it('that is made without user verification, or for another page or challenge, is not enrolled', async () => {
    for (const wrong of [{ userVerified: false }, { origin: 'https://evil.test' }, { challenge: 'AAAA' }]) {
      const member = await somebody();
      const options = await member.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
      const made = member.passkey.create(options, wrong);
      await expect(
        member.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made)),
      ).rejects.toThrow('factors.refused');
    }
  });

  it('that brings certificates is not enrolled, though they are in order: nobody fetches what they point to', async () => {
    const member = await somebody();
    const attest = await attestation();
    const options = await member.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
    const made = member.passkey.create(options, { attest });
    await expect(member.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'factors.refused',
    );
  });

  it('answers a challenge once, of a hundred answers at once, also across a restart', async () => {
    const member = await withPasskey();
    const browser = await member.elsewhere();
    const first = await optionsOf(browser);
    const assertion = member.passkey.get(first);
    const { asker } = browser;
    const use = async () => {
      const outcome = await vault.unitOfWork.run((tx) => vault.factorUse.usePasskey(tx, asker, assertion));
      if (outcome instanceof CodedError) throw outcome;
    };
    const counts = await outcomes(Array.from({ length: 100 }, use));
    expect(counts).toEqual({ done: 1, 'factors.not_begun': 99 });
    await restart();
    await expect(use()).rejects.toThrow('factors.not_begun');
  });

  it('has spent the challenge with a wrong answer, too', async () => {
    const member = await withPasskey();
    await member.signIn();
    const options = await optionsOf(member);
    const wrong = member.passkey.get(options, { userVerified: false });
    const right = member.passkey.get(options);
    const use = (assertion: typeof right) =>
      member.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
    await expect(use(wrong)).rejects.toThrow('factors.refused');
    await expect(use(right)).rejects.toThrow('factors.not_begun');
  });

  it('answers no challenge of another session, and none that is five minutes old', async () => {
    const member = await withPasskey();
    const [one, other] = [await member.elsewhere(), await member.elsewhere()];
    const assertion = member.passkey.get(await optionsOf(one));
    const use = (browser: Member) =>
      browser.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, assertion));
    await optionsOf(other);
    await expect(use(other)).rejects.toThrow('factors.refused');
    await later(5 * MINUTE + 1_000, () => expect(use(one)).rejects.toThrow('factors.not_begun'));
  });

  it('of somebody else is refused, and enrolled for nobody a second time', async () => {
    const [one, other] = [await withPasskey(), await withPasskey()];
    await other.signIn();
    const theirs = one.passkey.get(await optionsOf(other));
    await expect(other.rise((tx, asker) => vault.factorUse.usePasskey(tx, asker, theirs))).rejects.toThrow(
      'factors.refused',
    );
    const third = await somebody();
    const options = await third.ask((tx, asker) => vault.enrolment.beginPasskey(tx, asker));
    const made = one.passkey.create(options);
    await expect(third.rise((tx, asker) => vault.enrolment.finishPasskey(tx, asker, made))).rejects.toThrow(
      'factors.known_passkey',
    );
  });
});

async function attestation(): Promise<(signed: Buffer) => Statement> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'C=DE, O=Maker, OU=Authenticator Attestation, CN=Maker',
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.BasicConstraintsExtension(false)],
  });
  const key = KeyObject.from(keys.privateKey);
  return (signed) =>
    new Map<string, number | Uint8Array | Uint8Array[]>([
      ['alg', -7],
      ['sig', new Uint8Array(sign('sha256', signed, key))],
      ['x5c', [new Uint8Array(certificate.rawData)]],
    ]);
}
