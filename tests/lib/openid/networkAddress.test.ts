import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithin } from '../../../lib/openid/networkAddress.ts';

describe('a logout token goes', () => {
  it.each(['8.8.8.8', '203.0.112.9', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'to the internet: %s',
    (address) => {
      for (const reach of ['public', 'private', 'loopback'] as const) {
        expect(isWithin(address, reach)).toBe(true);
      }
    },
  );

  it.each(['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fd12::1'])(
    'into the network only where the stage says so: %s',
    (address) => {
      expect(isWithin(address, 'public')).toBe(false);
      expect(isWithin(address, 'private')).toBe(true);
    },
  );

  it.each(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])(
    'to this machine on the local stack alone: %s',
    (address) => {
      expect(isWithin(address, 'private')).toBe(false);
      expect(isWithin(address, 'loopback')).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    '::ffff:a9fe:a9fe',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    '64:ff9b::a9fe:a9fe',
    '::127.0.0.1',
    '::a9fe:a9fe',
    'fec0::1',
    '2002:a9fe:a9fe::1',
  ])('nowhere else: %s', (address) => {
    for (const reach of ['public', 'private', 'loopback'] as const) {
      expect(isWithin(address, reach)).toBe(false);
    }
  });

  it('to no address of the link or of this machine, however it is written', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.constantFrom([127], [169, 254], [0]),
        octet,
        octet,
        octet,
        (start, ...rest) => {
          const octets = [...start, ...rest].slice(0, 4);
          const hex = octets.map((each) => each.toString(16).padStart(2, '0')).join('');
          const mapped = `::ffff:${hex.slice(0, 4)}:${hex.slice(4)}`;
          expect(isWithin(octets.join('.'), 'private')).toBe(false);
          expect(isWithin(mapped, 'private')).toBe(false);
        },
      ),
    );
  });
});
