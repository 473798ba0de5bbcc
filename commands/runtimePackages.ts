import { readFileSync } from 'node:fs';

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}

/** A package of which code may be deployed. */
export interface RuntimePackage {
  readonly name: string;
  readonly version: string;
  /** As its manifest names it; `unknown` if it names none. */
  readonly licence: string;
}

/** The packages of package-lock.json, by the folders that they are installed in. */
export function lockedPackages(): Record<string, LockedPackage> {
  return JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
}

/**
 * Every package that may be in a function or in the administrators' page: what
 * `npm ci --omit dev --omit optional` installs.
 */
export function runtimePackages(): RuntimePackage[] {
  return Object.entries(lockedPackages()).flatMap(([place, locked]) => {
    const { version = '', license: licence = 'unknown', dev, devOptional, optional } = locked;
    if (place === '' || dev || devOptional || optional) return [];
    return { name: place.replace(/.*node_modules\//, ''), version, licence };
  });
}
