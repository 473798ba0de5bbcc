import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Package {
  optionalDependencies?: Record<string, string>;
  resolved?: string;
  integrity?: string;
  link?: boolean;
}
interface Locked {
  lockfileVersion: number;
  packages: Record<string, Package>;
}

const read = (file: string): Locked => JSON.parse(readFileSync(file, 'utf8'));
const LOCKFILES = globSync('**/package-lock.json', { exclude: ['**/node_modules'] });

describe('package-lock.json', () => {
  // `npm ci` fails without one of them.
  it('has the packages of every platform, not only of the one that wrote it', () => {
    const { packages } = read('package-lock.json');
    const places = Object.keys(packages);
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !places.some((each) => each.endsWith(`node_modules/${name}`)))
        .map((name) => `${name} of ${place}`),
    );
    expect(missing).toEqual([]);
  });
});

describe.each(LOCKFILES)('%s', (file) => {
  const { lockfileVersion, packages } = read(file);
  // A link is to a folder of this repository, whose own place is the folder.
  const folders = Object.values(packages).flatMap(({ link, resolved }) =>
    link && resolved !== undefined ? [resolved] : [],
  );
  const installed = Object.entries(packages).filter(
    ([place, { link }]) => place !== '' && !link && !folders.includes(place),
  );

  it('links to folders of this repository alone', () => {
    for (const folder of folders) expect(join(dirname(file), folder)).toMatch(/^packages\//);
  });

  it('has a SHA-512 of every package, which npm compares with what it downloads', () => {
    expect(lockfileVersion).toBe(3);
    expect(installed.length).toBeGreaterThan(0);
    for (const [place, { integrity }] of installed) {
      expect(place).toMatch(/^(.+\/)?node_modules\/(@[\w.-]+\/)?[\w.-]+$/);
      // Base64 of 64 bytes; a second, weaker hash would be enough for npm.
      expect(integrity, place).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    }
  });

  it('takes no package from anywhere but the npm registry', () => {
    for (const [place, { resolved }] of installed) {
      // npm also leaves the address out, if it is told to. Then it takes the registry that is set.
      if (resolved !== undefined)
        expect(resolved, place).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });
});
