/*
 * The few values of ASN.1 that a certificate needs, in their encoding DER (X.690). Node.js reads
 * certificates but cannot write them.
 */

/** A value of any type: tag, length, content. */
function value(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

export const sequence = (...parts: readonly Uint8Array[]) => value(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => value(0x31, ...parts);
export const octetString = (...parts: readonly Uint8Array[]) => value(0x04, ...parts);
export const utf8 = (text: string) => value(0x0c, Buffer.from(text));
export const yes = () => value(0x01, Buffer.from([0xff]));

/** A value with a tag of its own in this structure: constructed from others, or the bare bytes. */
export const tagged = (number: number, ...parts: readonly Uint8Array[]) =>
  value(0xa0 | number, ...parts);
export const taggedBytes = (number: number, bytes: Uint8Array) => value(0x80 | number, bytes);

/** A whole number that is not negative: its first bit must be 0. */
export function integer(bytes: Uint8Array): Buffer {
  return value(0x02, Buffer.from((bytes[0] ?? 0) & 0x80 ? [0] : []), bytes);
}

/** @param unused how many of the last byte's bits are no part of it */
export const bitString = (bytes: Uint8Array, unused = 0) =>
  value(0x03, Buffer.from([unused]), bytes);

/** @param dotted such as `1.2.840.10045.4.3.2` */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = rest.flatMap((number) => {
    // Seven bits a byte; all but the last have the first bit set.
    const groups = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift((left & 0x7f) | 0x80);
    return groups;
  });
  return value(0x06, Buffer.from([first * 40 + second, ...bytes]));
}

/** UTCTime; from 2050 on a certificate has to use GeneralizedTime. */
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050'
    ? value(0x17, Buffer.from(digits.slice(2)))
    : value(0x18, Buffer.from(digits));
}
