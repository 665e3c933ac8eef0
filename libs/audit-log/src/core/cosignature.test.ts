import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CheckpointInvalid, formatCheckpoint, openCheckpoint, signCheckpoint } from './checkpoint.js';
import {
  checkpointTextOf,
  findCosignatures,
  generateWitnessKey,
  WitnessSigner,
  WitnessVerifier,
} from './cosignature.js';
import { leafHash } from './merkle.js';
import { NoteInvalid } from './note.js';
import { generateNoteKey, NoteKeyInvalid, NoteSigner, NoteVerifier } from './note-key.js';

const log = NoteSigner.parse(generateNoteKey('vault.example/audit').skey);
const root = leafHash(Buffer.from('x'));
const note = signCheckpoint({ size: 12, root }, log);
const { text } = checkpointTextOf(note);
const TIME = 1_768_478_400;

// RFC 8032 section 7.1, TEST 1: a key pair that everybody has.
const SEED = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const PUBLIC = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
const NAME = 'witness.example/w1';
// C2SP signed-note: the first four bytes of SHA-256(name || 0x0A || type || key), with type 0x04.
const id = createHash('sha256')
  .update(`${NAME}\n`)
  .update(Buffer.of(4))
  .update(PUBLIC)
  .digest()
  .subarray(0, 4);
const keyText = (bytes: Buffer) =>
  `${NAME}+${id.toString('hex')}+${Buffer.concat([Buffer.of(4), bytes]).toString('base64')}`;
const signer = WitnessSigner.parse(`PRIVATE+KEY+${keyText(SEED)}`);
const verifier = WitnessVerifier.parse(keyText(PUBLIC));
const cosigned = note + signer.cosign(text, TIME);

describe('a witness’s key', () => {
  it('is that of RFC 8032, named as C2SP says', () => {
    expect(signer.verifier.toString()).toBe(keyText(PUBLIC));
    expect(verifier.toString()).toBe(keyText(PUBLIC));
  });

  it('is read back after being made', () => {
    const pair = generateWitnessKey('w.example/2');
    expect(WitnessSigner.parse(pair.skey).verifier.toString()).toBe(pair.vkey);
    expect(() => generateWitnessKey('two words')).toThrow(NoteKeyInvalid);
  });

  it('is no log’s key, nor a log’s key a witness’s', () => {
    expect(() => NoteVerifier.parse(keyText(PUBLIC))).toThrow(NoteKeyInvalid);
    expect(() => WitnessVerifier.parse(log.verifier.toString())).toThrow(NoteKeyInvalid);
    expect(() => WitnessSigner.parse(keyText(SEED))).toThrow(NoteKeyInvalid);
  });

  it('is refused with any character of it missing or changed', () => {
    const vkey = keyText(PUBLIC);
    for (let at = 0; at < vkey.length; at++) {
      const next = String.fromCharCode(vkey.charCodeAt(at) + 1);
      expect(() => WitnessVerifier.parse(vkey.slice(0, at) + vkey.slice(at + 1))).toThrow(NoteKeyInvalid);
      expect(() => WitnessVerifier.parse(vkey.slice(0, at) + next + vkey.slice(at + 1))).toThrow(
        NoteKeyInvalid,
      );
    }
  });

  it('shows its secret neither when inspected nor serialised', () => {
    const shown = inspect(signer, { depth: 9, showHidden: true }) + JSON.stringify(signer);
    expect(shown).not.toContain(SEED.toString('base64').slice(0, 20));
    expect(shown).not.toContain(SEED.toString('hex').slice(0, 20));
  });
});

describe('a cosignature', () => {
  it('is, byte for byte, what C2SP tlog-cosignature says', () => {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), SEED]);
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    expect(createPublicKey(key).export({ format: 'jwk' }).x).toBe(PUBLIC.toString('base64url'));
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(TIME));
    const signature = sign(null, Buffer.from(`cosignature/v1\ntime ${TIME}\n${text}`), key);
    const line = Buffer.concat([id, stamp, signature]).toString('base64');
    expect(signer.cosign(text, TIME)).toBe(`— ${NAME} ${line}\n`);
    expect(line).toHaveLength(104);
  });

  it('says who had seen the checkpoint, and when', () => {
    expect(verifier.find(cosigned)).toEqual({ witness: NAME, time: TIME });
    expect(openCheckpoint(cosigned, log.verifier).size).toBe(12);
  });

  it('is the last one of its witness', () => {
    expect(verifier.find(cosigned + signer.cosign(text, TIME + 60))?.time).toBe(TIME + 60);
  });

  it('is not there on a note that only others have signed', () => {
    const other = WitnessSigner.parse(generateWitnessKey('w.example/2').skey);
    const homonym = WitnessSigner.parse(generateWitnessKey(NAME).skey);
    expect(verifier.find(note)).toBeNull();
    expect(verifier.find(note + other.cosign(text, TIME) + homonym.cosign(text, TIME))).toBeNull();
    expect(findCosignatures(cosigned + other.cosign(text, TIME), [verifier, other.verifier])).toEqual([
      { witness: NAME, time: TIME },
      { witness: 'w.example/2', time: TIME },
    ]);
  });

  it('holds for its time and its checkpoint alone, and spoils a note otherwise', () => {
    const line = signer.cosign(text, TIME);
    const bytes = Buffer.from(line.split(' ')[2] as string, 'base64');
    for (let at = 4; at < bytes.length; at++) {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] as number) ^ 1;
      expect(() => verifier.find(`${note}— ${NAME} ${copy.toString('base64')}\n`)).toThrow(NoteInvalid);
    }
    const elsewhere = signCheckpoint({ size: 13, root }, log);
    expect(() => verifier.find(elsewhere + line)).toThrow(NoteInvalid);
    expect(() => verifier.find(`${note}— ${NAME} ${bytes.subarray(0, 12).toString('base64')}\n`)).toThrow(
      NoteInvalid,
    );
    expect(() =>
      verifier.find(
        cosigned + line.replace(bytes.toString('base64'), `${id.toString('base64').slice(0, 5)}AAAAAA==`),
      ),
    ).toThrow(NoteInvalid);
  });

  it('is of a checkpoint, at a time', () => {
    expect(() => signer.cosign('not a checkpoint\n', TIME)).toThrow(CheckpointInvalid);
    for (const time of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => signer.cosign(text, time)).toThrow(RangeError);
    }
  });

  it('is no signature of the log, even by the same secret', () => {
    const same = NoteSigner.of(NAME, SEED);
    const own = formatCheckpoint({ origin: NAME, size: 12, root });
    expect(() => openCheckpoint(`${own}\n${signer.cosign(own, TIME)}`, same.verifier)).toThrow(NoteInvalid);
  });
});

describe('a checkpoint to be cosigned', () => {
  it('is read whoever signed it', () => {
    expect(checkpointTextOf(note)).toEqual({
      text: `vault.example/audit\n12\n${Buffer.from(root).toString('base64')}\n`,
      checkpoint: { origin: 'vault.example/audit', size: 12, root },
    });
    expect(() => checkpointTextOf('x\n\n— y z\n')).toThrow(NoteInvalid);
  });
});
