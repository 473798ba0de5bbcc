import { BlockList, isIP } from 'node:net';
import type { LogoutReach } from '../configuration.ts';

/*
 * Where logout tokens may go. An administrator registers a client's address, but its host name may
 * resolve to anything, at any time.
 */

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Addresses that no logout token may go to. Loopback addresses are excepted on the local stack. */
const FORBIDDEN = new BlockList();
for (const [address, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  // Multicast, reserved, broadcast
  ['224.0.0.0', 3],
] as const) {
  FORBIDDEN.addSubnet(address, bits, 'ipv4');
}
// Also the obsolete form of an IPv4 address, `::127.0.0.1`
FORBIDDEN.addSubnet('::', 96, 'ipv6');
// Also the obsolete addresses of a site
FORBIDDEN.addSubnet('fe80::', 9, 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');
// Each holds an IPv4 address that would be reached in its place.
FORBIDDEN.addSubnet('64:ff9b::', 96, 'ipv6');
FORBIDDEN.addSubnet('64:ff9b:1::', 48, 'ipv6');
FORBIDDEN.addSubnet('2002::', 16, 'ipv6');
FORBIDDEN.addSubnet('2001::', 32, 'ipv6');
// The instance metadata and DNS services of AWS.
FORBIDDEN.addSubnet('fd00:ec2::', 32, 'ipv6');

/** Addresses that only a function inside of the company's network reaches. */
const PRIVATE = new BlockList();
for (const [address, bits] of [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
] as const) {
  PRIVATE.addSubnet(address, bits, 'ipv4');
}
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** Whether a logout token may go to the IP address. */
export function isWithin(address: string, reach: LogoutReach): boolean {
  if (LOOPBACK.check(address, familyOf(address))) return reach === 'loopback';
  return !isForbiddenAddress(address) && (reach !== 'public' || !isPrivateAddress(address));
}

/** @param address an IP address */
export function isForbiddenAddress(address: string): boolean {
  return FORBIDDEN.check(address, familyOf(address));
}

/** @param address an IP address */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, familyOf(address));
}

/** The IP address that a URL's host is, if it is one. */
export function literalAddress(hostname: string): string | undefined {
  const text = hostname.replace(/^\[|\]$/g, '');
  return isIP(text) ? text : undefined;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
