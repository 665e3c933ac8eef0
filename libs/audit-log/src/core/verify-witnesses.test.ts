import { describe, expect, it } from 'vitest';
import { readCheckpointUnverified, signCheckpoint } from './checkpoint.js';
import { checkpointTextOf, generateWitnessKey, WitnessSigner } from './cosignature.js';
import { bytesOf, SampleLog, sampleEntry } from './export.fixture.js';
import { leafHash } from './merkle.js';
import { generateNoteKey, NoteKeyInvalid, NoteSigner } from './note-key.js';
import { consistencyPath, subtreeRoot } from './proof.js';
import { verifyContinuation } from './verify-continuation.js';
import { verifyExport } from './verify-export.js';
import type { VerifyOptions } from './verify-options.js';
import type { Verified } from './verify-report.js';

const signer = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const [one, two, three] = ['w.example/1', 'w.example/2', 'w.example/3'].map((name) => {
  return WitnessSigner.parse(generateWitnessKey(name).skey);
}) as [WitnessSigner, WitnessSigner, WitnessSigner];
const TIME = 1_768_478_400;
const all = [one, two, three].map(({ verifier }) => verifier.toString());

/** Who has cosigned the checkpoints of which sizes, a second for each entry after {@link TIME} or when else it is said. */
function exportCosigned(
  by: Record<number, WitnessSigner[]>,
  { entry = sampleEntry, at = (size) => TIME + size }: { entry?: typeof sampleEntry; at?: TimeOf } = {},
): Uint8Array[] {
  const cosign = (note: string) => {
    const { size } = readCheckpointUnverified(note);
    const { text } = checkpointTextOf(note);
    return note + (by[size] ?? []).map((witness) => witness.cosign(text, at(size, witness))).join('');
  };
  return [bytesOf(new SampleLog(signer, entry, { cosign }).export(20, [5, 9]))];
}
type TimeOf = (size: number, witness: WitnessSigner) => number;
/** Entries of the n-th second up to the ninth; those behind it so many seconds later. */
const pausing = (seconds: number) => (n: number) => {
  const at = new Date((TIME + n + (n < 9 ? 0 : seconds)) * 1_000).toISOString();
  return Buffer.from(`{"v":1,"at":"${at}","action":"tests.sample","n":${n}}`);
};
const verify = (exported: Uint8Array[], options: VerifyOptions) =>
  verifyExport(exported, signer.verifier, options);

describe('cosignatures', () => {
  it('are reported from the newest checkpoint that has enough of them', async () => {
    const exported = exportCosigned({ 5: [one, two, three], 9: [one, three], 20: [two] });
    const cosignedBy = (size: number, ...names: string[]) => ({
      ok: true,
      cosigned: {
        size,
        by: names.map((witness) => ({ witness, time: TIME + size })),
        uncovered: 20 - size,
        uncoveredSince: size < 20 ? new Date((TIME + size) * 1_000).toISOString() : null,
      },
    });
    expect(await verify(exported, { witnesses: all })).toMatchObject(
      cosignedBy(5, 'w.example/1', 'w.example/2', 'w.example/3'),
    );
    expect(await verify(exported, { witnesses: all, quorum: 2 })).toMatchObject(
      cosignedBy(9, 'w.example/1', 'w.example/3'),
    );
    expect(await verify(exported, { witnesses: all, quorum: 1 })).toMatchObject(
      cosignedBy(20, 'w.example/2'),
    );
  });

  it('count on a checkpoint that the auditor has kept', async () => {
    const note = new SampleLog(signer).note(7);
    const earlier = note + one.cosign(checkpointTextOf(note).text, TIME);
    const options = { witnesses: [one.verifier], earlier };
    expect(await verify(exportCosigned({}), options)).toMatchObject({ ok: true, cosigned: { size: 7 } });
  });

  it('are too few without them, or by others', async () => {
    for (const exported of [exportCosigned({}), exportCosigned({ 9: [two], 20: [three] })]) {
      for (const witnesses of [[one.verifier], all]) {
        expect(await verify(exported, { witnesses })).toMatchObject({ ok: false, code: 'witness.quorum' });
        expect(await verify(exported, { witnesses, allowUncosigned: true })).toMatchObject({
          ok: true,
          cosigned: null,
        });
      }
    }
  });

  it('count once for each witness', async () => {
    const exported = exportCosigned({ 20: [one, one] });
    const twice = [one.verifier, one.verifier.toString()];
    expect(await verify(exported, { witnesses: [...twice, two.verifier] })).toMatchObject({
      code: 'witness.quorum',
    });
    expect(await verify(exported, { witnesses: twice })).toMatchObject({ ok: true });
  });

  it('are not looked at where no witnesses are given, but a note stays a note', async () => {
    const [exported] = exportCosigned({ 9: [one] }) as [Uint8Array];
    const text = Buffer.from(exported).toString();
    expect(await verify([exported], {})).toMatchObject({ ok: true, cosigned: null });
    const false9 = text.replace(
      /(w\.example\/1 [A-Za-z0-9+/]{20})(.)/,
      (_, head: string, char: string) => head + (char === 'A' ? 'B' : 'A'),
    );
    expect(await verify([Buffer.from(false9)], {})).toMatchObject({ ok: true });
    expect(await verify([Buffer.from(false9)], { witnesses: [one.verifier] })).toMatchObject({
      code: 'checkpoint.cosignature',
    });
    const malformed = text.replace(/w\.example\/1 [A-Za-z0-9+/]{20}/, 'w.example/1 !');
    expect(await verify([Buffer.from(malformed)], {})).toMatchObject({
      ok: false,
      code: 'checkpoint.signature',
    });
  });

  it('are asked of as many witnesses as there are', async () => {
    for (const quorum of [0, 4, -1, 1.5]) {
      await expect(verify(exportCosigned({}), { witnesses: all, quorum })).rejects.toThrow(RangeError);
    }
    await expect(verify(exportCosigned({}), { quorum: 1 })).rejects.toThrow(RangeError);
    await expect(verify(exportCosigned({}), { witnesses: ['w'] })).rejects.toThrow(NoteKeyInvalid);
  });
});

describe('how far the cosignatures may lie behind the end', () => {
  const witnesses = [one.verifier];
  const lagging = { ok: false, code: 'witness.lag', position: null };

  it('is an hour, unless said otherwise, from the cosignature to the last entry', async () => {
    // The last of the 20 entries is of the 19th second, and of the pause.
    for (const [pause, expected] of [
      [3_589, { ok: true, cosigned: { size: 9, uncovered: 11 } }],
      [3_590, lagging],
    ] as const) {
      const exported = exportCosigned({ 9: [one] }, { entry: pausing(pause) });
      expect(await verify(exported, { witnesses })).toMatchObject(expected);
      expect(await verify(exported, { witnesses, witnessLag: 7_200 })).toMatchObject({ ok: true });
    }
  });

  it('refuses a fork behind an old cosigned checkpoint, whatever time its entries bear', async () => {
    // Signed by the true key: whoever broke into the app leaves the witnesses out.
    for (const pause of [86_400, 365 * 86_400]) {
      const forked = exportCosigned({ 9: [one, two, three] }, { entry: pausing(pause) });
      expect(await verify(forked, { witnesses: all })).toMatchObject(lagging);
    }
    const backdated = exportCosigned({ 9: [one, two, three] });
    expect(await verify(backdated, { witnesses: all })).toMatchObject({ ok: true });
    const takenAt = new Date((TIME + 86_400) * 1_000);
    expect(await verify(backdated, { witnesses: all, takenAt })).toMatchObject(lagging);
  });

  it('refuses old entries behind a head that a witness has cosigned again', async () => {
    const entry = (n: number) => pausing(n === 19 ? 86_400 : 0)(n);
    const exported = exportCosigned({ 9: [one] }, { entry, at: () => TIME + 86_400 });
    expect(await verify(exported, { witnesses })).toMatchObject(lagging);
    expect(await verify(exported, { witnesses, witnessLag: 86_420 })).toMatchObject({ ok: true });
  });

  it('refuses a log that ends where it was cosigned, long before it was read', async () => {
    const whole = exportCosigned({ 20: [one] });
    const read = (seconds: number) => ({ witnesses, takenAt: new Date((TIME + seconds) * 1_000) });
    expect(await verify(whole, read(365 * 86_400))).toMatchObject(lagging);
    // However little may lie behind: where nothing happens nothing is cosigned.
    expect(await verify(whole, { ...read(3_000), witnessLag: 0 })).toMatchObject({ ok: true });
    expect(await verify(whole, { ...read(365 * 86_400), witnessLag: 366 * 86_400 })).toMatchObject({
      ok: true,
    });
    expect(await verify(whole, { witnesses })).toMatchObject({ ok: true });
    // Cosigned again today, or with an entry of today: that is its end.
    const again = exportCosigned({ 20: [one] }, { at: () => TIME + 86_400 });
    expect(await verify(again, read(86_400))).toMatchObject({ ok: true });
  });

  it('does not matter where nothing lies behind', async () => {
    expect(await verify(exportCosigned({ 20: [one] }), { witnesses, witnessLag: 0 })).toMatchObject({
      ok: true,
    });
    const part = exportCosigned({ 9: [one] }, { at: () => TIME + 60 });
    expect(await verify(part, { witnesses, witnessLag: 0 })).toMatchObject(lagging);
  });

  it('is not shortened by one witness whose clock runs ahead', async () => {
    const at: TimeOf = (_, { verifier }) => (verifier.name === 'w.example/1' ? TIME + 7_200 : TIME);
    const exported = exportCosigned({ 9: [one, two] }, { entry: pausing(7_200), at });
    expect(await verify(exported, { witnesses: all, quorum: 2 })).toMatchObject(lagging);
  });

  it('can not be told of entries without a time', async () => {
    const entry = (n: number) => (n < 9 ? sampleEntry(n) : Buffer.from(`{"n":${n}}`));
    expect(await verify(exportCosigned({ 9: [one] }, { entry }), { witnesses })).toMatchObject({
      ...lagging,
      evidence: { found: 'at an unknown time' },
    });
  });
});

describe('a newer checkpoint', () => {
  const log = new SampleLog(signer);
  const leaves = Array.from({ length: 40 }, (_, n) => leafHash(log.entry(n)));
  const prove = (from: number, to: number) => {
    return consistencyPath(from, to).map(({ start, end }) => subtreeRoot(leaves.slice(start, end)));
  };
  const verified = async (size: number) => {
    return (await verifyExport([bytesOf(log.export(size))], signer.verifier)) as Verified;
  };

  it('continues the log', async () => {
    const report = await verified(20);
    for (const size of [20, 21, 32, 40]) {
      const newer = { note: log.note(size), hashes: prove(20, size) };
      expect(verifyContinuation(report, newer)).toEqual({ ...report, newer: { size, note: newer.note } });
    }
    expect(verifyContinuation(await verified(0), { note: log.note(9), hashes: [] })).toMatchObject({
      ok: true,
    });
  });

  it('is refused where it does not', async () => {
    const report = await verified(20);
    const fork = new SampleLog(signer, (n) => sampleEntry(n + 1));
    const forger = NoteSigner.parse(generateNoteKey(signer.name).skey);
    const refused = (note: string, hashes: Uint8Array[]) => verifyContinuation(report, { note, hashes });
    expect(refused(log.note(19), [])).toMatchObject({
      ok: false,
      code: 'newer.shorter',
      position: 19,
      confirmed: 20,
    });
    expect(refused(fork.note(20), [])).toMatchObject({ code: 'newer.root' });
    expect(refused(fork.note(30), prove(20, 30))).toMatchObject({ code: 'newer.proof' });
    expect(refused(log.note(30), [])).toMatchObject({ code: 'newer.proof' });
    expect(refused(log.note(30), prove(20, 31))).toMatchObject({ code: 'newer.proof' });
    expect(
      refused(
        log.note(30),
        prove(20, 30).map(() => new Uint8Array()),
      ),
    ).toMatchObject({ code: 'newer.proof' });
    const forged = signCheckpoint({ size: 30, root: log.tree(30).root() }, forger);
    expect(refused(forged, prove(20, 30))).toMatchObject({ code: 'newer.signature' });
    expect(refused('rubbish', [])).toMatchObject({ code: 'newer.signature' });
  });

  it('brings the cosignatures that the log did not have yet', async () => {
    const report = await verified(20);
    const note = log.note(30);
    const newer = { note: note + one.cosign(checkpointTextOf(note).text, TIME), hashes: prove(20, 30) };
    expect(verifyContinuation(report, newer, { witnesses: all, quorum: 1 })).toMatchObject({
      ok: true,
      cosigned: { size: 30, by: [{ witness: 'w.example/1', time: TIME }], uncovered: 0 },
    });
    expect(verifyContinuation(report, newer, { witnesses: all })).toMatchObject({ code: 'witness.quorum' });
    const old = { size: 9, by: [], uncovered: 11, uncoveredSince: '2026-01-15T12:00:09.000Z' };
    const kept = { ...report, cosigned: { ...old, by: [{ witness: 'w.example/1', time: TIME }] } };
    const uncosigned = { ...newer, note };
    const options = { witnesses: all, quorum: 1 };
    expect(verifyContinuation(kept, uncosigned, options)).toMatchObject({ cosigned: { uncovered: 21 } });
    const takenAt = new Date((TIME + 3_600) * 1_000);
    expect(verifyContinuation(kept, uncosigned, { ...options, takenAt })).toMatchObject({
      code: 'witness.lag',
    });
    // What stands behind the entries that were read is shown, and not judged: an idle log has just grown by this reading.
    const whole = { ...kept, cosigned: { ...kept.cosigned, size: 20, uncoveredSince: null } };
    const soon = new Date((TIME + 3_599) * 1_000);
    expect(verifyContinuation(whole, uncosigned, { ...options, takenAt: soon })).toMatchObject({
      ok: true,
      cosigned: { size: 20, uncovered: 10 },
    });
    // But then the witnesses must have looked lately: else this is an old head, and what stands behind it a fork.
    expect(verifyContinuation(whole, uncosigned, { ...options, takenAt })).toMatchObject({
      code: 'witness.lag',
    });
    const wrong = { ...newer, note: newer.note.replace(/.{9}\n$/, 'AAAAAAA==\n') };
    expect(verifyContinuation(report, wrong, { witnesses: all }).ok).toBe(false);
  });
});
