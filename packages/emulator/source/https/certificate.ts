import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import * as der from './der.ts';

/** PEM texts. */
export interface Certificate {
  certificate: string;
  key: string;
}

const AUTHORITY_NAME = 'wecom-emulator, this machine only';
const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** What browsers accept of a server's certificate. */
const SERVER_DAYS = 397;

/**
 * Creates a certificate authority that is good for these hosts and no others: whoever trusts it, and loses
 * its key, is not open to other forgeries (RFC 5280, 4.2.1.10).
 *
 * @param hosts DNS names and IP addresses
 * @param now milliseconds, by the clock of the clients
 */
export function createAuthority(hosts: readonly string[], now: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const permitted = hosts.map((host) => der.sequence(constraintOf(host)));
  return {
    certificate: signed({
      publicKey,
      subject: AUTHORITY_NAME,
      days: AUTHORITY_DAYS,
      now,
      signer: privateKey,
      extensions: [
        // An authority, of servers only.
        extension('2.5.29.19', der.sequence(der.yes(), der.integer(Buffer.from([0]))), 'critical'),
        // keyCertSign and cRLSign.
        extension('2.5.29.15', der.bitString(Buffer.from([0x06]), 1), 'critical'),
        extension('2.5.29.30', der.sequence(der.tagged(0, ...permitted)), 'critical'),
        extension('2.5.29.14', der.octetString(identifierOf(publicKey))),
      ],
    }),
    key: pem(privateKey),
  };
}

/** Creates a server's certificate for these hosts, signed by the authority. */
export function createServerCertificate(
  authority: Certificate,
  hosts: readonly string[],
  now: number,
): Certificate {
  const signer = createPrivateKey(authority.key);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    certificate: signed({
      publicKey,
      subject: 'wecom-emulator',
      days: SERVER_DAYS,
      now,
      signer,
      extensions: [
        // digitalSignature, for TLS servers.
        extension('2.5.29.15', der.bitString(Buffer.from([0x80]), 7), 'critical'),
        extension('2.5.29.37', der.sequence(der.objectIdentifier('1.3.6.1.5.5.7.3.1'))),
        extension('2.5.29.17', der.sequence(...hosts.map(nameOf))),
        extension('2.5.29.14', der.octetString(identifierOf(publicKey))),
        extension(
          '2.5.29.35',
          der.sequence(der.taggedBytes(0, identifierOf(createPublicKey(signer)))),
        ),
      ],
    }),
    key: pem(privateKey),
  };
}

interface Content {
  publicKey: KeyObject;
  subject: string;
  days: number;
  now: number;
  signer: KeyObject;
  extensions: readonly Buffer[];
}

/** RFC 5280, 4.1. */
function signed({ publicKey, subject, days, now, signer, extensions }: Content): string {
  const algorithm = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2')); // ECDSA, SHA-256
  const content = der.sequence(
    der.tagged(0, der.integer(Buffer.from([2]))), // version 3
    der.integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    commonName(AUTHORITY_NAME),
    // A day early, because clocks differ.
    der.sequence(der.time(now - DAY_MS), der.time(now + days * DAY_MS)),
    commonName(subject),
    publicKey.export({ format: 'der', type: 'spki' }),
    der.tagged(3, der.sequence(...extensions)),
  );
  const whole = der.sequence(content, algorithm, der.bitString(sign('sha256', content, signer)));
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function commonName(text: string): Buffer {
  return der.sequence(der.set(der.sequence(der.objectIdentifier('2.5.4.3'), der.utf8(text))));
}

function extension(id: string, content: Buffer, critical?: 'critical'): Buffer {
  const flag = critical === undefined ? [] : [der.yes()];
  return der.sequence(der.objectIdentifier(id), ...flag, der.octetString(content));
}

/** A name in the certificate: dNSName or iPAddress (RFC 5280, 4.2.1.6). */
function nameOf(host: string): Buffer {
  const address = addressBytes(host);
  return address === undefined
    ? der.taggedBytes(2, Buffer.from(host))
    : der.taggedBytes(7, address);
}

/** The same as a constraint: an address has a mask behind it. */
function constraintOf(host: string): Buffer {
  const address = addressBytes(host);
  if (address === undefined) return nameOf(host);
  return der.taggedBytes(7, Buffer.concat([address, Buffer.alloc(address.length, 0xff)]));
}

function addressBytes(host: string): Buffer | undefined {
  if (isIPv4(host)) return Buffer.from(host.split('.').map(Number));
  if (!isIPv6(host)) return undefined;
  const [head = '', tail = ''] = host.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const hex = [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('');
  return Buffer.from(hex, 'hex');
}

/** What tells keys apart: any 20 bytes that follow from the key. */
function identifierOf(publicKey: KeyObject): Buffer {
  const bytes = publicKey.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(bytes).digest().subarray(0, 20);
}

function pem(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}
