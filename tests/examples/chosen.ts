/** Installing and building may need downloads. */
export const BUILD_TIMEOUT_MS = 20 * 60_000;

const EXAMPLES = 'EXAMPLES';

/** Makes the tests install, build and try these examples, and no others. */
export function choose(names: readonly string[]): void {
  process.env[EXAMPLES] = names.join(',');
}

/** @param byDefault whether `npm test` tries it */
export function isChosen(name: string, byDefault = false): boolean {
  return process.env[EXAMPLES]?.split(',').includes(name) ?? byDefault;
}
