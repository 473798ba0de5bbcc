import { readFileSync } from 'node:fs';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { BUNDLED, type Sbom, sboms } from '../../commands/sbom.ts';
import { packageOf } from '../harness/bundles/composition.ts';

let made: Record<string, Sbom>;

beforeAll(() => {
  made = sboms();
});

/** What each published package is bundled from. */
const ENTRIES: Record<keyof typeof BUNDLED, string> = {
  'packages/client': 'packages/client/source/wecomAuth.ts',
  'packages/emulator': 'packages/emulator/source/bundle.ts',
};

const NAMES = ['wecom-auth', 'wecom-auth-client', 'wecom-emulator'];

describe('the bills of materials', () => {
  it('are of the functions and of each published package', () => {
    expect(Object.keys(made)).toEqual(NAMES);
  });

  it.each(NAMES)('%s is valid CycloneDX 1.5', async (name) => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
    expect(await validator.validate(JSON.stringify(made[name]))).toBeNull();
  });

  it.each(NAMES)('%s is about what it is named after', (name) => {
    expect(made[name]?.metadata.component).toMatchObject({
      name,
      purl: expect.stringMatching(new RegExp(`^pkg:npm/${name}@\\d`)),
    });
  });

  it('call no package private that is published', () => {
    const privates = Object.values(made).filter(({ metadata }) =>
      JSON.stringify(metadata.component).includes('private'),
    );
    expect(privates.map(({ metadata }) => metadata.component.name)).toEqual(['wecom-auth']);
  });

  it('of the functions has what they import, with hashes, and no development tool', () => {
    const components = made['wecom-auth']?.components ?? [];
    const names = components.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        '@aws-sdk/client-dynamodb',
        'jose',
        'oidc-provider',
        'valibot',
        'koa',
      ]),
    );
    expect(names).not.toContain('vitest');
    for (const component of components) {
      expect(component, component.name).toMatchObject({
        hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
      });
    }
  });

  it("of the functions has what the administrators' page is bundled from, as run-time dependencies", async () => {
    const inside = await packagesIn('console/browser/main.tsx');
    expect(inside.length).toBeGreaterThan(0);
    // `npm audit --omit=dev` names the weaknesses of these alone.
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(inside));
    const listed = made['wecom-auth']?.components.map((component) => component.name);
    expect(listed).toEqual(expect.arrayContaining(inside));
  });

  it.each(Object.entries(ENTRIES))(
    'of %s has the packages inside of its files',
    async (folder, entry) => {
      const bundled = BUNDLED[folder as keyof typeof BUNDLED];
      expect(await packagesIn(entry)).toEqual(bundled);
      const { name } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
      expect(made[name]?.components.map((component) => component.name)).toEqual(bundled);
    },
  );

  /** @returns the packages of which esbuild takes code, sorted */
  async function packagesIn(entry: string): Promise<string[]> {
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      write: false,
      metafile: true,
    });
    const files = Object.keys(metafile.inputs).filter((input) => input.includes('node_modules/'));
    return [...new Set(files.map(packageOf))].sort();
  }
});
