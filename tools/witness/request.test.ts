import { describe, expect, it } from 'vitest';
import { HASH_BYTES } from '../../libs/audit-log/src/core/index.js';
import { parseAddCheckpoint, RequestMalformed } from './request.js';

// The example of C2SP tlog-witness.
const NOTE = `example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
`;
const HASH = 'PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=';
const HASHES = `${HASH}
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=
`;
const parse = (text: string | Uint8Array) => parseAddCheckpoint(Buffer.from(text));

describe('the body of an add-checkpoint', () => {
  it('is read as the specification’s example says', () => {
    const { oldSize, proof, note, checkpoint } = parse(`old 20852014\n${HASHES}\n${NOTE}`);
    expect({ oldSize, note }).toEqual({ oldSize: 20852014, note: NOTE });
    expect(proof.map((hash) => Buffer.from(hash).toString('base64')).join('\n')).toBe(HASHES.trimEnd());
    expect(checkpoint).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20852163 });
  });

  it('may have no proof, and 63 hashes at most', () => {
    expect(parse(`old 0\n\n${NOTE}`)).toMatchObject({ oldSize: 0, proof: [] });
    const full = parse(`old 1\n${`${HASH}\n`.repeat(63)}\n${NOTE}`).proof;
    expect(full.map((hash) => hash.length)).toEqual(Array.from({ length: 63 }, () => HASH_BYTES));
    expect(() => parse(`old 1\n${`${HASH}\n`.repeat(64)}\n${NOTE}`)).toThrow(RequestMalformed);
  });

  it.each([
    ['nothing', ''],
    ['no old size', `\n${NOTE}`],
    ['only a note', NOTE],
    ['a leading zero', `old 01\n\n${NOTE}`],
    ['a sign', `old +1\n\n${NOTE}`],
    ['a fraction', `old 1.0\n\n${NOTE}`],
    ['two spaces', `old  1\n\n${NOTE}`],
    ['another word', `size 1\n\n${NOTE}`],
    ['a size past 2^53', `old 9007199254740993\n\n${NOTE}`],
    ['carriage returns', `old 1\r\n\r\n${NOTE}`],
    ['a byte order mark', `\ufeffold 1\n\n${NOTE}`],
    ['no empty line', `old 1\n${HASH}\n${NOTE.split('\n\n')[0] ?? ''}`],
    ['a short hash', `old 1\n${HASH.slice(4)}\n\n${NOTE}`],
    ['a long hash', `old 1\nAAAA${HASH}\n\n${NOTE}`],
    ['a hash without padding', `old 1\n${HASH.slice(0, -1)}\n\n${NOTE}`],
    ['a second spelling of a hash', `old 1\n${HASH.replace('w=', 'x=')}\n\n${NOTE}`],
    ['a URL-safe hash', `old 1\n${'_'.repeat(43)}=\n\n${NOTE}`],
    ['a space behind a hash', `old 1\n${HASH} \n\n${NOTE}`],
    ['no note', `old 1\n\n`],
    ['a note without signature', `old 1\n\n${NOTE.split('—')[0] ?? ''}`],
    ['a note without line end', `old 1\n\n${NOTE.trimEnd()}`],
    ['a note that is no checkpoint', `old 1\n\nhello\n\n— a AAAAAAAA\n`],
    ['bad UTF-8', Buffer.concat([Buffer.from(`old 1\n\n`), Buffer.from([0xff]), Buffer.from(NOTE)])],
  ])('is refused with %s', (_, body) => {
    expect(() => parse(body)).toThrow(RequestMalformed);
  });
});
