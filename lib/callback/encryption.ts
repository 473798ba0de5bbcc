import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { AesKey } from './encodingAesKey.ts';
import { CallbackRefused } from './errors.ts';

/*
 * WeCom's message encryption (document 90968): AES-256-CBC over
 *
 *   16 random bytes │ length of the message, 4 bytes big-endian │ message, UTF-8 │ receive id │ padding
 *
 * The padding is PKCS#7 to a multiple of 32 bytes, twice AES's own block: OpenSSL's unpadding takes
 * it for damage when it is longer than 16, so it is made and checked by hand.
 */
const BLOCK = 32;
const RANDOM = 16;
const HEADER = RANDOM + 4;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The message inside a ciphertext whose signature has been verified.
 *
 * @param encrypted base64
 * @param receiveId what the ciphertext must name as its receiver: for an app of the corp, the CorpID
 * @throws CallbackRefused
 */
export function decrypt({ key, iv }: AesKey, encrypted: string, receiveId: string): string {
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(encrypted)) throw new CallbackRefused('-40010');
  const ciphertext = Buffer.from(encrypted, 'base64');
  if (ciphertext.length === 0 || ciphertext.length % BLOCK !== 0) {
    throw new CallbackRefused('-40007');
  }
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const plaintext = unpad(Buffer.concat([decipher.update(ciphertext), decipher.final()]));

  if (plaintext.length < HEADER) throw new CallbackRefused('-40008');
  const end = HEADER + plaintext.readUInt32BE(RANDOM);
  if (end > plaintext.length) throw new CallbackRefused('-40008');
  if (!plaintext.subarray(end).equals(Buffer.from(receiveId))) throw new CallbackRefused('-40005');
  try {
    return utf8.decode(plaintext.subarray(HEADER, end));
  } catch {
    throw new CallbackRefused('-40008');
  }
}

/**
 * The ciphertext of a message, as a passive reply carries it.
 *
 * @param random 16 bytes that make equal messages differ
 * @returns base64
 */
export function encrypt(
  { key, iv }: AesKey,
  message: string,
  receiveId: string,
  random: Buffer = randomBytes(RANDOM),
): string {
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const plaintext = Buffer.concat([random, length, text, Buffer.from(receiveId)]);
  const padding = BLOCK - (plaintext.length % BLOCK);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([
    cipher.update(plaintext),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ]).toString('base64');
}

function unpad(padded: Buffer): Buffer {
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - padding;
  if (padding < 1 || padding > BLOCK || !padded.subarray(end).every((byte) => byte === padding)) {
    throw new CallbackRefused('-40008');
  }
  return padded.subarray(0, end);
}
