import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
}

const read = (file: string): Manifest => JSON.parse(readFileSync(file, 'utf8'));
const dependenciesOf = (manifest: Manifest) => ({
  ...manifest.dependencies,
  ...manifest.devDependencies,
});

// The tests run the examples with the packages of the repository.
describe.each(globSync('docs/examples/*/package.json'))('%s', (file) => {
  it('has the versions that are tested', () => {
    const tested: Record<string, string> = {
      ...dependenciesOf(read('package.json')),
      'wecom-auth-client': 'file:../../../packages/client',
    };
    for (const [name, version] of Object.entries(dependenciesOf(read(file)))) {
      expect(version, name).toBe(tested[name]);
    }
  });
});
