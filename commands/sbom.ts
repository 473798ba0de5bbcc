import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { lockedPackages, runtimePackages } from './runtimePackages.ts';

/*
 * npm run sbom   writes a CycloneDX bill of materials for the functions and for each package that is
 *                published, to artifacts/sbom
 *
 * That of the functions has every run-time dependency with its dependencies, also those of which esbuild
 * leaves out all code. `npm sbom --omit dev` cannot make it: npm 11 leaves out each package that a
 * development tool needs too, such as jose.
 */

const DIRECTORY = 'artifacts/sbom';

interface Component {
  name: string;
  'bom-ref': string;
  [field: string]: unknown;
}

/** The parts of a CycloneDX document that are read or changed here. */
export interface Sbom {
  metadata: { component: Component; [field: string]: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
  [field: string]: unknown;
}

/** The packages of the root's package.json that esbuild puts into a published package, by its folder. */
export const BUNDLED = {
  'packages/client': [],
  'packages/emulator': ['valibot', 'yaml'],
} as const satisfies Record<string, readonly string[]>;

/** @returns the documents by the name of what each is about */
export function sboms(): Record<string, Sbom> {
  const all: Sbom = JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      timeout: 60_000,
    }),
  );
  const published = Object.entries(BUNDLED).map(([folder, names]) => {
    const refs = names.map(refOf);
    return sbomOf(all, folder, refs, refs);
  });
  const made = [sbomOf(all, '.', runtimeRefs(), runtimeDependencies()), ...published];
  return Object.fromEntries(made.map((sbom) => [sbom.metadata.component.name, sbom]));
}

/**
 * @param folder of what the document is about
 * @param refs the packages in it, by npm's name of a component
 * @param direct those of them that it needs itself
 * @returns the part of `all` that is about them
 */
function sbomOf(
  all: Sbom,
  folder: string,
  refs: readonly string[],
  direct: readonly string[],
): Sbom {
  const { name, version, description } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const ref = `${name}@${version}`;
  // npm's properties say that a package is private, as that of the root is.
  const { properties, ...root } = all.metadata.component;
  const component = {
    ...root,
    ...(folder === '.' && { properties }),
    'bom-ref': ref,
    type: folder === '.' ? 'application' : 'library',
    name,
    version,
    description,
    purl: `pkg:npm/${ref}`,
  };
  const contained = new Set(refs);
  const components = all.components.filter((each) => contained.has(each['bom-ref']));
  const listed = components.map((each) => each['bom-ref']);
  const missing = [...contained].filter((each) => !listed.includes(each));
  if (missing.length > 0) throw new Error(`npm sbom does not list ${missing.join(', ')}`);
  const dependencies = all.dependencies
    .filter((each) => contained.has(each.ref))
    .map((each) => ({ ...each, dependsOn: each.dependsOn.filter((on) => contained.has(on)) }));
  return {
    ...all,
    serialNumber: `urn:uuid:${crypto.randomUUID()}`,
    metadata: { ...all.metadata, component },
    components,
    dependencies: [{ ref, dependsOn: [...direct] }, ...dependencies],
  };
}

/** @param name of a package that is installed at the top */
function refOf(name: string): string {
  return `${name}@${lockedPackages()[`node_modules/${name}`]?.version}`;
}

function runtimeRefs(): string[] {
  return runtimePackages().map(({ name, version }) => `${name}@${version}`);
}

function runtimeDependencies(): string[] {
  return Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).dependencies).map(refOf);
}

if (import.meta.main) {
  mkdirSync(DIRECTORY, { recursive: true });
  for (const [name, sbom] of Object.entries(sboms())) {
    const file = `${DIRECTORY}/${name}.cdx.json`;
    writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
    console.log(`${file}: ${sbom.components.length} packages`);
  }
}
