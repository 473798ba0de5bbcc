/** An EncodingAESKey, decoded: AES-256's key, and the initialization vector that WeCom takes from it. */
export interface AesKey {
  /** 32 bytes. */
  readonly key: Buffer;
  /** The first 16 of them (document 90968). */
  readonly iv: Buffer;
}

/** 43 letters and digits (document 90968). */
export const ENCODING_AES_KEY = /^[0-9A-Za-z]{43}$/;

/**
 * 43 characters carry 258 bits and a key has 256. WeCom draws all 43 freely, so that in most real
 * keys the two spare bits are not zero: base64 that a strict decoder refuses and Node does not.
 *
 * @param encodingAesKey one that matches `ENCODING_AES_KEY`
 */
export function decodeEncodingAesKey(encodingAesKey: string): AesKey {
  const key = Buffer.from(encodingAesKey, 'base64');
  return { key, iv: key.subarray(0, 16) };
}
