import { createCipheriv } from 'node:crypto';
import { decrypt } from '../../../lib/callback/encryption.ts';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { must, refusedBy, type Target } from '../target.ts';

/* Decryption: of an input as the ciphertext, and of one as the plaintext, which a holder of the key wrote. */

const KEY = { key: Buffer.alloc(32, 1), iv: Buffer.alloc(16, 2) };
const RECEIVER = 'ww1';

function encrypted(plaintext: Buffer): string {
  const cipher = createCipheriv('aes-256-cbc', KEY.key, KEY.iv).setAutoPadding(false);
  const whole = Buffer.alloc(Math.ceil(plaintext.length / 32) * 32, plaintext.at(-1) ?? 0);
  plaintext.copy(whole);
  return Buffer.concat([cipher.update(whole), cipher.final()]).toString('base64');
}

function plaintextOf(message: string, length = Buffer.byteLength(message), receiver = RECEIVER) {
  const head = Buffer.alloc(20, 'r');
  head.writeUInt32BE(length, 16);
  const text = Buffer.concat([head, Buffer.from(message + receiver)]);
  const padding = 32 - (text.length % 32);
  return Buffer.concat([text, Buffer.alloc(padding, padding)]);
}

export default {
  seeds: [
    plaintextOf('<xml></xml>'),
    plaintextOf(''),
    plaintextOf('42', 0xffffffff),
    plaintextOf('42', 1),
    plaintextOf('42', 2, 'ww2'),
    Buffer.alloc(64, 33),
  ].map((seed) => seed.toString('latin1')),
  run(input) {
    const asText = input.toString('latin1');
    const bytes = Buffer.from(asText, 'latin1');
    const message = refusedBy([CallbackRefused], () => decrypt(KEY, encrypted(bytes), RECEIVER));
    if (message !== undefined) {
      must(bytes.includes(RECEIVER), 'a message for another receiver was read');
      must(Buffer.byteLength(message) <= bytes.length * 3, 'a message is longer than its bytes');
    }
    refusedBy([CallbackRefused], () => decrypt(KEY, asText, RECEIVER));
  },
} satisfies Target;
