import { readFileSync } from 'node:fs';
import { getSignature } from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifySignature } from '../../../lib/callback/encryption.ts';
import { officialExamples } from './examples.ts';

const [{ token, timestamp, nonce, encrypted, signature }] = officialExamples;
const verify = (text: string) => verifySignature(timestamp, nonce, encrypted, token, text);

describe('the signature of a callback', () => {
  it.each(officialExamples)("is right in $what of WeCom's own page", (example) => {
    expect(
      verifySignature(
        example.timestamp,
        example.nonce,
        example.encrypted,
        example.token,
        example.signature,
      ),
    ).toBe(true);
  });

  it("is that of Tencent's package, whatever the values and their order", () => {
    const value = fc.string({ unit: 'grapheme-ascii', maxLength: 200 });
    fc.assert(
      fc.property(value, value, value, value, (time, once, text, shared) => {
        const made = getSignature(shared, time, once, text);
        expect(verifySignature(time, once, text, shared, made)).toBe(true);
      }),
    );
  });

  it.each([
    ['empty', ''],
    ['cut short', signature.slice(0, 39)],
    ['longer', `${signature}0`],
    ['in upper case', signature.toUpperCase()],
    ['followed by a line break', `${signature}\n`],
    ['with a letter that has the same low byte', signature.replace('5', 'ĵ')],
    ['that of another message', officialExamples[1].signature],
    ['that of no message', '0'.repeat(40)],
    ['twice', `${signature},${signature}`],
  ])('is refused when it is %s', (_, text) => {
    expect(verify(signature)).toBe(true);
    expect(verify(text)).toBe(false);
  });

  // A comparison is too short to measure its time here.
  it('is compared by timingSafeEqual, and by nothing else', () => {
    const code = readFileSync('lib/callback/encryption.ts', 'utf8');
    expect(code).toContain('timingSafeEqual(Buffer.from(right');
    expect(code).not.toMatch(/[!=]==? (right|signature)\b|\b(right|signature) [!=]==?/);
  });
});
