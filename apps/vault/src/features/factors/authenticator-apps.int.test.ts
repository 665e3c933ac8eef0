// The X.509 library injects its dependencies by reflection, so this has to come first.
import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { CodedError } from '@integument/contracts';
import { describe, expect, it } from 'vitest';
import { outcomes } from '../../outcomes.fixture.js';
import { browsers, later, MINUTE, restart, somebody, vault, withTotp } from './factor-stage.fixture.js';
import { Member } from './factors.fixture.js';

describe('a code of an authenticator app', () => {
  it('is used once, of a hundred uses at once in as many sessions, also across a restart', async () => {
    const member = await withTotp();
    const all = await browsers(member, 100);
    await later(MINUTE, async () => {
      const code = member.code();
      const asked = all.map((browser) => browser.useTotp(code));
      expect(await outcomes(asked)).toEqual({ done: 1, 'factors.refused': 99 });
      await restart();
      member.vault = vault;
      const after = await member.elsewhere();
      await expect(after.useTotp(code)).rejects.toThrow('factors.refused');
      expect(await member.elsewhere().then((m) => m.useTotp(m.code(1)))).toBeDefined();
    });
  });

  it('is used once in one session, however often it is sent at the same time', async () => {
    const member = await withTotp();
    const browser = await member.elsewhere();
    await later(MINUTE, async () => {
      const code = browser.code();
      const { asker } = browser;
      const asked = Array.from({ length: 100 }, async () => {
        const outcome = await vault.unitOfWork.run((tx) => vault.factorUse.useTotp(tx, asker, code));
        if (outcome instanceof CodedError) throw outcome;
      });
      expect((await outcomes(asked)).done).toBe(1);
    });
  });

  it('that enrolled the app is spent by it', async () => {
    const member = await somebody();
    member.totpSecret = (await member.ask((tx, asker) => vault.enrolment.beginTotp(tx, asker))).secret;
    const code = member.code();
    await member.rise((tx, asker) => vault.enrolment.finishTotp(tx, asker, code));
    const again = await member.elsewhere();
    await expect(again.useTotp(code)).rejects.toThrow('factors.refused');
  });

  it.each([-2, 2])('%i steps away is refused; one step away is not', async (steps) => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      await expect((await member.elsewhere()).useTotp(member.code(steps))).rejects.toThrow('factors.refused');
      await (await member.elsewhere()).useTotp(member.code(steps / 2));
    });
  });

  it('is not used after a later one', async () => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      await (await member.elsewhere()).useTotp(member.code(1));
      for (const steps of [1, 0, -1])
        await expect((await member.elsewhere()).useTotp(member.code(steps))).rejects.toThrow(
          'factors.refused',
        );
    });
  });

  it('in another writing is another code: blanks, other scripts’ digits, signs, more or fewer digits (CVE-2025-6014)', async () => {
    const member = await withTotp();
    const arabic = (text: string) => text.replace(/\d/g, (d) => String.fromCharCode(0x660 + Number(d)));
    const wide = (text: string) => text.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)));
    await later(10 * MINUTE, async () => {
      const code = member.code();
      const written = [
        ` ${code}`,
        `${code} `,
        `${code}\n`,
        `${code.slice(0, 3)} ${code.slice(3)}`,
        arabic(code),
        wide(code),
        `+${code.slice(1)}`,
        `0${code}`,
        code.slice(1),
        '',
      ];
      for (const text of written) {
        await vault.query('DELETE FROM factor_attempts');
        const browser = await member.elsewhere();
        await expect(browser.useTotp(text), JSON.stringify(text)).rejects.toThrow('factors.refused');
      }
      await vault.query('DELETE FROM factor_attempts');
      await (await member.elsewhere()).useTotp(code);
    });
  });

  it('of somebody else is refused', async () => {
    const [one, other] = [await withTotp(), await withTotp()];
    await later(MINUTE, async () => {
      await expect((await one.elsewhere()).useTotp(other.code())).rejects.toThrow('factors.refused');
    });
  });
});

describe('guessing codes', () => {
  const wrongFor = (member: Member) => String((Number(member.code()) + 500_000) % 1_000_000).padStart(6, '0');
  const waitOf = async (asked: Promise<unknown>): Promise<number> => {
    const error = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof CodedError) || error.code !== 'factors.wait') return 0;
    expect(error.status).toBe(429);
    return Number(error.headers?.['retry-after']);
  };

  it('waits longer and longer, an hour at most, and never for ever', async () => {
    const member = await withTotp();
    const browser = await member.elsewhere();
    const waits: number[] = [];
    vault.ahead = 10 * MINUTE;
    for (let n = 0; n < 18; n++) {
      await expect(browser.useTotp(wrongFor(browser))).rejects.toThrow('factors.refused');
      if (n < 2) continue;
      // A right code that comes too soon is not looked at.
      const seconds = await waitOf(browser.useTotp(browser.code()));
      waits.push(seconds);
      vault.ahead += seconds * 1_000;
    }
    await browser.useTotp();
    expect(waits.slice(0, 5)).toSatisfy((them: number[]) =>
      // A second may have passed while the test ran.
      them.every((seconds, at) => seconds > 0 && Math.abs(seconds - 2 ** at) <= 1),
    );
    expect(waits.slice(-3)).toEqual([3_600, 3_600, 3_600]);
  });

  it('a hundred at once are no more than one after the other', async () => {
    const member = await withTotp();
    const all = await browsers(member, 100);
    await later(10 * MINUTE, async () => {
      const wrong = wrongFor(member);
      const counts = await outcomes(all.map((browser) => browser.useTotp(wrong)));
      expect(counts).toEqual({ 'factors.refused': 3, 'factors.wait': 97 });
    });
  });

  it('by a thief of the password locks the owner out of nothing but the app, and nobody else out of anything', async () => {
    const owner = await withTotp();
    await owner.enrolPasskey();
    const codes = await owner.ask((tx, asker) => vault.factors.makeRecoveryCodes(tx, asker));
    const thief = await owner.elsewhere();
    const other = await withTotp();
    await later(10 * MINUTE, async () => {
      for (let n = 0; n < 3; n++)
        await expect(thief.useTotp(wrongFor(owner))).rejects.toThrow('factors.refused');
      await expect((await owner.elsewhere()).useTotp()).rejects.toThrow('factors.wait');
      await (await other.elsewhere()).useTotp();
      await owner.signIn();
      await owner.usePasskey();
      await owner.signIn();
      await owner.rise((tx, asker) => vault.factorUse.useRecoveryCode(tx, asker, codes.codes[0] ?? ''));
    });
  });

  it('is forgotten after a right code', async () => {
    const member = await withTotp();
    await later(10 * MINUTE, async () => {
      const browser = await member.elsewhere();
      for (let n = 0; n < 2; n++)
        await expect(browser.useTotp(wrongFor(member))).rejects.toThrow('factors.refused');
      await browser.useTotp(member.code());
      expect(
        await vault.query('SELECT 1 FROM factor_attempts WHERE account = $1', [
          Buffer.from(member.asker.caller.id, 'hex'),
        ]),
      ).toEqual([]);
    });
  });
});

describe('the vectors of RFC 6238', () => {
  interface Vectors {
    readonly base32_sha1: string;
    readonly epochs: readonly number[];
    readonly expected: { readonly sha1: readonly string[] };
  }
  const FACTS: Vectors = {
    base32_sha1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    epochs: [59, 1_111_111_109, 20_000_000_000],
    expected: { sha1: ['94287082', '07081804', '65353130'] },
  };
  const FILE = new URL('../../../../../../shared/vectors/otp/rfc6238.json', import.meta.url);
  let vectors = FACTS;
  try {
    vectors = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;
  } catch {
    console.log('skipped: the whole of the RFC 6238 vectors, since ../shared is not here');
  }

  it('each code is that of its step, and good once', async () => {
    const { totpStepOf } = await import('./totp.js');
    vectors.epochs.forEach((epoch, at) => {
      // Eight digits there; six are the same number's last.
      const code = vectors.expected.sha1[at]?.slice(2) ?? '';
      const stepAt = (now: number) => totpStepOf(vectors.base32_sha1, code, now * 1_000);
      const step = Math.floor(epoch / 30);
      for (const away of [-30, 0, 30])
        expect([epoch, away, stepAt(epoch + away)]).toEqual([epoch, away, step]);
      for (const away of [-90, 90].filter((seconds) => epoch + seconds > 0))
        expect([epoch, away, stepAt(epoch + away)]).toEqual([epoch, away, null]);
    });
  });
});

/** A maker's attestation as WebAuthn Level 3, section 8.2.1 asks for it. */
