import {
  createCipheriv,
  createDecipheriv,
  createHash,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { CallbackRefused } from './errors.ts';
import type { AesKey } from './sharedKeys.ts';

/*
 * The signature and the encryption of callback messages (document 90968). The encryption is
 * AES-256-CBC over
 *
 *   16 random bytes │ length of the message, 4 bytes big-endian │ message, UTF-8 │ receive id │ padding
 *
 * The padding is PKCS#7 to a multiple of 32 bytes, twice the block of AES. OpenSSL refuses a padding
 * longer than 16 bytes, so this file adds and checks it itself.
 */
const BLOCK_BYTES = 32;
const RANDOM_BYTES = 16;
const HEADER_BYTES = RANDOM_BYTES + 4;

/**
 * The signature of a message: SHA-1, in lower-case hexadecimal, of the four values sorted and joined
 * without a separator (document 90968).
 *
 * @param timestamp as it was sent, not as a number
 * @param encrypted the echostr of a URL verification, the Encrypt element of a push
 */
export function signatureOf(
  timestamp: string,
  nonce: string,
  encrypted: string,
  token: string,
): string {
  // Values of WeCom are ASCII, where the order of UTF-16 units is the order of bytes.
  const text = [token, timestamp, nonce, encrypted].sort().join('');
  return createHash('sha1').update(text).digest('hex');
}

/** Whether the signature is right. The time that it takes does not depend on the signature's digits. */
export function verifySignature(
  timestamp: string,
  nonce: string,
  encrypted: string,
  token: string,
  signature: string,
): boolean {
  if (!/^[0-9a-f]{40}$/.test(signature)) return false;
  const right = signatureOf(timestamp, nonce, encrypted, token);
  return timingSafeEqual(Buffer.from(right, 'hex'), Buffer.from(signature, 'hex'));
}

/** Not `fatal`: one broken byte in a member's name must not hide that the member left. */
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Decrypts a ciphertext whose signature is verified.
 *
 * @param encrypted base64
 * @param receiveId the receiver that the ciphertext must name: the CorpID for an app of the corp
 * @returns the message; bytes that are not UTF-8 become U+FFFD
 * @throws CallbackRefused
 */
export function decrypt({ key, iv }: AesKey, encrypted: string, receiveId: string): string {
  if (!/^[0-9A-Za-z+/]+={0,2}$/.test(encrypted)) throw new CallbackRefused('-40010');
  const ciphertext = Buffer.from(encrypted, 'base64');
  if (ciphertext.length === 0 || ciphertext.length % BLOCK_BYTES !== 0) {
    throw new CallbackRefused('-40007');
  }
  const decipher = createDecipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  const plaintext = unpad(Buffer.concat([decipher.update(ciphertext), decipher.final()]));

  if (plaintext.length < HEADER_BYTES) throw new CallbackRefused('-40008');
  const end = HEADER_BYTES + plaintext.readUInt32BE(RANDOM_BYTES);
  if (end > plaintext.length) throw new CallbackRefused('-40008');
  if (!plaintext.subarray(end).equals(Buffer.from(receiveId))) throw new CallbackRefused('-40005');
  return utf8.decode(plaintext.subarray(HEADER_BYTES, end));
}

/**
 * Encrypts a message as WeCom does.
 *
 * @param random 16 bytes that make equal messages differ
 * @returns base64
 */
export function encrypt(
  { key, iv }: AesKey,
  message: string,
  receiveId: string,
  random: Buffer = randomBytes(RANDOM_BYTES),
): string {
  const text = Buffer.from(message);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  const plaintext = Buffer.concat([random, length, text, Buffer.from(receiveId)]);
  const padding = BLOCK_BYTES - (plaintext.length % BLOCK_BYTES);
  const cipher = createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false);
  return Buffer.concat([
    cipher.update(plaintext),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ]).toString('base64');
}

/** Every byte of the padding must be its length, 1 to 32. */
function unpad(padded: Buffer): Buffer {
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - padding;
  const isUniform = padded.subarray(end).every((byte) => byte === padding);
  if (padding < 1 || padding > BLOCK_BYTES || !isUniform) throw new CallbackRefused('-40008');
  return padded.subarray(0, end);
}
