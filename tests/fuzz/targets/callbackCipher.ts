import { createCipheriv } from 'node:crypto';
import { decrypt } from '../../../lib/callback/encryption.ts';
import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { must, refusedBy, type Target } from '../target.ts';

/* Decryption: of an input as the ciphertext, and of one as the plaintext, which a holder of the key wrote. */

const KEY = { key: Buffer.alloc(32, 1), iv: Buffer.alloc(16, 2) };
const RECEIVER = 'ww1';

/** Whole blocks: the last byte is repeated, as a padding is. */
function wholeBlocks(text: Buffer): Buffer {
  const whole = Buffer.alloc(Math.ceil(text.length / 32) * 32, text.at(-1) ?? 0);
  text.copy(whole);
  return whole;
}

function encrypted(plaintext: Buffer): string {
  const cipher = createCipheriv('aes-256-cbc', KEY.key, KEY.iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(plaintext), cipher.final()]).toString('base64');
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
    plaintextOf('42', 2, 'ww12'),
  ],
  run(input) {
    const whole = wholeBlocks(input);
    const message = refusedBy([CallbackRefused], () => decrypt(KEY, encrypted(whole), RECEIVER));
    if (message !== undefined) {
      const end = 20 + whole.readUInt32BE(16);
      const receiver = whole.subarray(end, whole.length - (whole.at(-1) ?? 0));
      must(receiver.toString('latin1') === RECEIVER, 'a message for another receiver was read');
      must(message === whole.toString('utf8', 20, end), 'another text was read');
    }
    refusedBy([CallbackRefused], () => decrypt(KEY, input.toString('latin1'), RECEIVER));
  },
} satisfies Target;
