import { createCipheriv, createDecipheriv } from 'node:crypto';
import * as tencent from '@wecom/crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '../../../lib/callback/encryption.ts';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { decodeEncodingAesKey } from '../../../lib/callback/sharedKeys.ts';
import { newEncodingAESKey } from '../../../packages/emulator/source/callbacks/newKey.ts';
import { officialExamples } from './examples.ts';

const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const ENCODED = 'jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C';
const KEY = decodeEncodingAesKey(ENCODED);

/** A text of exactly so many bytes, in one-, two-, three- and four-byte characters. */
function textOf(bytes: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'binary', minLength: bytes, maxLength: bytes, size: 'max' })
    .map((text) => {
      const cut = Buffer.from(text).subarray(0, bytes).toString().replaceAll('\ufffd', '');
      return cut.padEnd(cut.length + bytes - Buffer.byteLength(cut), 'x');
    });
}

/** Encrypts bytes as they are, padding and all. */
function raw(bytes: Buffer): string {
  const cipher = createCipheriv('aes-256-cbc', KEY.key, KEY.iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]).toString('base64');
}

function paddingOf(encrypted: string): number {
  const decipher = createDecipheriv('aes-256-cbc', KEY.key, KEY.iv).setAutoPadding(false);
  const ciphertext = Buffer.from(encrypted, 'base64');
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]).at(-1) ?? 0;
}

function plaintext(message: Buffer | string, length?: number, receiveId = CORP_ID): Buffer {
  const text = Buffer.from(message);
  const header = Buffer.alloc(20, 'r');
  header.writeUInt32BE(length ?? text.length, 16);
  return Buffer.concat([header, text, Buffer.from(receiveId)]);
}

function padded(bytes: Buffer): Buffer {
  const padding = 32 - (bytes.length % 32);
  return Buffer.concat([bytes, Buffer.alloc(padding, padding)]);
}

function refusalOf(encrypted: string): unknown {
  try {
    decrypt(KEY, encrypted, CORP_ID);
  } catch (error) {
    return error instanceof CallbackRefused ? error.refusal : error;
  }
  return undefined;
}

describe('the encryption of callbacks', () => {
  it.each(officialExamples)("reads $what of WeCom's own page", (example) => {
    const key = decodeEncodingAesKey(example.encodingAesKey);
    expect(decrypt(key, example.encrypted, example.receiveId)).toBe(example.plaintext);
  });

  it.each(officialExamples)("writes $what of WeCom's own page", (example) => {
    const key = decodeEncodingAesKey(example.encodingAesKey);
    const random = Buffer.from(example.random, 'hex');
    expect(encrypt(key, example.plaintext, example.receiveId, random)).toBe(example.encrypted);
  });

  it("agrees with Tencent's package in both directions on texts of 0 to 4096 bytes", () => {
    const lengths = Array.from({ length: 4_097 }, (_, bytes) => bytes);
    const paddings = new Set<number>();
    for (const bytes of lengths) {
      const [text = ''] = fc.sample(textOf(bytes), { numRuns: 1, seed: bytes });
      expect(Buffer.byteLength(text)).toBe(bytes);
      const theirs = tencent.encrypt(ENCODED, text, CORP_ID);
      expect(decrypt(KEY, theirs, CORP_ID)).toBe(text);
      expect(tencent.decrypt(ENCODED, encrypt(KEY, text, CORP_ID))).toMatchObject({
        message: text,
        id: CORP_ID,
      });
      paddings.add(paddingOf(theirs));
    }
    expect(paddings.size).toBe(32);
  }, 120_000);

  it('accepts keys whose last character has bits that a key does not use', () => {
    for (const canonical of [true, false]) {
      fc.assert(
        fc.property(fc.string(), (text) => {
          const encoded = newEncodingAESKey(canonical);
          const theirs = tencent.encrypt(encoded, text, CORP_ID);
          expect(decrypt(decodeEncodingAesKey(encoded), theirs, CORP_ID)).toBe(text);
        }),
      );
    }
  });

  it('accepts an empty receive id, as smart bots have', () => {
    expect(decrypt(KEY, tencent.encrypt(ENCODED, '', ''), '')).toBe('');
  });

  it('keeps a byte order mark that is part of the message', () => {
    expect(decrypt(KEY, tencent.encrypt(ENCODED, '\ufeff1', CORP_ID), CORP_ID)).toBe('\ufeff1');
  });

  it('encrypts equal messages differently', () => {
    expect(encrypt(KEY, 'same', CORP_ID)).not.toBe(encrypt(KEY, 'same', CORP_ID));
  });

  it.each([
    ['nothing', '', '-40010'],
    ['other letters', '你好', '-40010'],
    ['base64url', 'a-_b', '-40010'],
    ['padding in the middle', 'ab==ab==', '-40010'],
    ['less than a byte', 'a', '-40007'],
    ['half a block', raw(Buffer.alloc(16, 1)), '-40007'],
    ['one block and a half', raw(Buffer.alloc(48, 1)), '-40007'],
    ['a padding of 0', raw(Buffer.alloc(64, 0)), '-40008'],
    ['a padding of 33', raw(Buffer.alloc(64, 33)), '-40008'],
    ['a padding that is not uniform', raw(Buffer.from([...Buffer.alloc(62, 9), 1, 2])), '-40008'],
    ['nothing but padding', raw(Buffer.alloc(32, 32)), '-40008'],
    ['less than a header', raw(padded(Buffer.alloc(19))), '-40008'],
    ['a length beyond the end', raw(padded(plaintext('hello', 24))), '-40008'],
    ['a length of 0xFFFFFFFF', raw(padded(plaintext('hello', 0xffffffff))), '-40008'],
    ['a length that cuts the receiver', raw(padded(plaintext('hello', 6))), '-40005'],
    ['a length that lengthens the receiver', raw(padded(plaintext('hello', 4))), '-40005'],
    ['another receiver', raw(padded(plaintext('hello', 5, 'wwother'))), '-40005'],
    ['no receiver', raw(padded(plaintext('hello', 5, ''))), '-40005'],
  ])('refuses %s', (_, encrypted, refusal) => {
    expect(refusalOf(encrypted)).toBe(refusal);
  });

  /** A message whose padding has so many bytes. */
  function paddedBy(length: number): Buffer {
    const header = plaintext('');
    const text = 'x'.repeat((128 - header.length - length) % 32);
    const bytes = plaintext(text);
    return Buffer.concat([bytes, Buffer.alloc(length, length)]);
  }

  it('accepts every padding of 1 to 32 bytes, and none that is longer', () => {
    for (let length = 1; length <= 64; length += 1) {
      const encrypted = raw(paddedBy(length));
      expect(paddingOf(encrypted)).toBe(length);
      expect(refusalOf(encrypted)).toBe(length <= 32 ? undefined : '-40008');
    }
  });

  it('refuses a message if any byte of its padding is not the length of the padding', () => {
    for (let length = 2; length <= 32; length += 1) {
      const bytes = paddedBy(length);
      // The last byte is the length itself.
      for (let at = bytes.length - length; at < bytes.length - 1; at += 1) {
        const damaged = Buffer.from(bytes);
        damaged[at] = length - 1;
        expect(refusalOf(raw(damaged))).toBe('-40008');
      }
    }
  });

  it('accepts a header without a message, and refuses one byte less', () => {
    const header = Buffer.alloc(20);
    expect(decrypt(KEY, raw(padded(header)), '')).toBe('');
    expect(() => decrypt(KEY, raw(padded(header.subarray(1))), '')).toThrow(CallbackRefused);
  });

  it('keeps the rest of a message if one of its bytes is not UTF-8', () => {
    const message = Buffer.concat([
      Buffer.from('张'),
      Buffer.from([0xe5, 0x28]),
      Buffer.from('三'),
    ]);
    expect(decrypt(KEY, raw(padded(plaintext(message))), CORP_ID)).toBe('张\ufffd(三');
  });

  it('refuses every random ciphertext, and throws no other error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(refusalOf(Buffer.from(bytes).toString('base64'))).toMatch(/^-400\d\d$/);
      }),
    );
  });
});
