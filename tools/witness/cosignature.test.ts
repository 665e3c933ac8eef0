import { createHash, createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  checkpointTextOf,
  generateWitnessKey,
  NoteInvalid,
  WitnessSigner,
  WitnessVerifier,
} from '../../libs/audit-log/src/core/index.js';

const TEXT = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
`;
const TIME = 1679315147;
// The cosignature of the example in C2SP tlog-cosignature, over TEXT at TIME.
const EXAMPLE =
  'jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==';

const { skey, vkey } = generateWitnessKey('witness.example.com/w1');
const signer = WitnessSigner.parse(skey);
const line = signer.cosign(TEXT, TIME);
const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
const publicKey = Buffer.from(vkey.split('+').slice(2).join('+'), 'base64').subarray(1);

/** By what the specification's text says alone, with none of our own code. */
function holds(signature: Buffer, message: string): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), publicKey]);
  return verify(
    null,
    Buffer.from(message),
    createPublicKey({ key: der, format: 'der', type: 'spki' }),
    signature,
  );
}

describe('a cosignature/v1', () => {
  it('is laid out as in the specification’s example: key id, eight bytes of time, 64 of signature', () => {
    const example = Buffer.from(EXAMPLE, 'base64');
    expect(bytes).toHaveLength(4 + 8 + 64);
    expect(example).toHaveLength(bytes.length);
    expect(bytes.subarray(4, 12)).toEqual(example.subarray(4, 12));
    expect(bytes.readBigUInt64BE(4)).toBe(BigInt(TIME));
    expect(line).toMatch(/^— witness\.example\.com\/w1 [A-Za-z0-9+/]{102}==\n$/);
  });

  it('has the key id of a key of type 4', () => {
    const material = Buffer.concat([Buffer.from('witness.example.com/w1\n'), Buffer.of(4), publicKey]);
    const id = createHash('sha256').update(material).digest().subarray(0, 4);
    expect(bytes.subarray(0, 4)).toEqual(id);
    expect(vkey).toBe(`witness.example.com/w1+${id.toString('hex')}+${vkey.split('+').slice(2).join('+')}`);
  });

  it('signs header, time and the whole text', () => {
    const signature = bytes.subarray(12);
    expect(holds(signature, `cosignature/v1\ntime ${TIME}\n${TEXT}`)).toBe(true);
    expect(holds(signature, `cosignature/v1\ntime ${TIME + 1}\n${TEXT}`)).toBe(false);
    expect(holds(signature, TEXT)).toBe(false);
  });

  it('is found again, and refused once a bit of it or of the text is flipped', () => {
    const verifier = WitnessVerifier.parse(vkey);
    expect(verifier.find(`${TEXT}\n${line}`)).toEqual({ witness: 'witness.example.com/w1', time: TIME });
    for (let at = 4; at < bytes.length; at++) {
      const bad = Buffer.from(bytes);
      bad.writeUInt8(bad.readUInt8(at) ^ 1, at);
      const note = `${TEXT}\n— witness.example.com/w1 ${bad.toString('base64')}\n`;
      expect(() => verifier.find(note)).toThrow(NoteInvalid);
    }
    expect(() => verifier.find(`${TEXT.replace('63', '64')}\n${line}`)).toThrow(NoteInvalid);
  });

  it('stands beside those of keys that nobody here knows', () => {
    const note = `${TEXT}\n— witness.example.com/w1 ${EXAMPLE}\n${line}`;
    expect(WitnessVerifier.parse(vkey).find(note)?.time).toBe(TIME);
    expect(checkpointTextOf(note).text).toBe(TEXT);
  });

  it('is not given on a text that is no checkpoint', () => {
    expect(() => signer.cosign('hello\n', TIME)).toThrow();
    expect(() => signer.cosign(TEXT, -1)).toThrow(RangeError);
  });
});
