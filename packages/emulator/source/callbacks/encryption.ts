import { createCipheriv, randomBytes } from 'node:crypto';

const BLOCK = 32;

/**
 * Encrypts with AES-256-CBC as document 90968 describes: 16 random characters, the message's length in bytes, the message,
 * the receiver's id; padded to a multiple of 32 (not AES's own 16) with PKCS#7.
 *
 * @param isPaddingDamaged makes one byte of the padding a wrong one
 */
export function encrypt(
  encodingAESKey: string,
  message: string,
  receiveId: string,
  { isPaddingDamaged = false } = {},
): string {
  const key = aesKey(encodingAESKey);
  const text = Buffer.from(message, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  // Real traffic has 16 hexadecimal characters here, not raw bytes.
  const random = Buffer.from(randomBytes(8).toString('hex'), 'latin1');
  const plain = Buffer.concat([random, length, text, Buffer.from(receiveId, 'utf8')]);
  const padding = paddingOf(plain.length);
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const bytes = Buffer.alloc(padding, padding);
  // The last byte, which says how many there are, is damaged too where it is the only one.
  if (isPaddingDamaged) bytes[0] = padding === 1 ? BLOCK + 1 : 0;
  const padded = Buffer.concat([plain, bytes]);
  return Buffer.concat([cipher.update(padded), cipher.final()]).toString('base64');
}

/** The bytes of padding of a message of so many bytes: 1 to 32. */
export function messagePadding(messageBytes: number, receiveId: string): number {
  return paddingOf(16 + 4 + messageBytes + Buffer.byteLength(receiveId));
}

function paddingOf(bytes: number): number {
  return BLOCK - (bytes % BLOCK);
}

/** 43 letters and digits are 32 bytes and two bits too many; real keys often have those bits set. */
function aesKey(encodingAESKey: string): Buffer {
  const key = Buffer.from(`${encodingAESKey}=`, 'base64');
  if (!/^[0-9A-Za-z]{43}$/.test(encodingAESKey) || key.length !== 32) {
    throw new Error('an EncodingAESKey is exactly 43 letters and digits');
  }
  return key;
}
