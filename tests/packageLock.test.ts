import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>;
}

describe('package-lock.json', () => {
  // `npm ci` refuses a lock file that lacks one of them, and so does every machine of another kind.
  it('has the packages of every platform, not only of the one it was written on', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Locked;
    const places = Object.keys(packages);
    const missing = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => !places.some((each) => each.endsWith(`node_modules/${name}`)))
        .map((name) => `${name} of ${place}`),
    );
    expect(missing).toEqual([]);
  });
});
