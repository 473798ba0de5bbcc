import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>;
}

describe('package-lock.json', () => {
  // `npm ci` fails without one of them.
  it('has the packages of every platform, not only of the one that wrote it', () => {
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
