import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TARGETS } from './fuzz/corpus.ts';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  uses?: string;
  environment?: string;
  permissions?: Record<string, string>;
  needs?: string | string[];
  env?: Record<string, string>;
  outputs?: Record<string, string>;
  'timeout-minutes'?: number;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, { inputs?: Record<string, unknown>; tags?: string[] } | null>;
  concurrency: { group?: string; 'cancel-in-progress'?: boolean };
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const DIRECTORY = '.github/workflows';
const files = readdirSync(DIRECTORY);
const text = (file: string) => readFileSync(`${DIRECTORY}/${file}`, 'utf8');
const read = (file: string): Workflow => parse(text(file));
const steps = (file: string) => Object.values(read(file).jobs).flatMap((job) => job.steps ?? []);
/** An expression of a workflow. */
const value = (name: string) => ['${{', name, '}}'].join(' ');
const scripts: Record<string, string> = JSON.parse(readFileSync('package.json', 'utf8')).scripts;

describe.each(files)('the workflow %s', (file) => {
  it('has read permission only, unless a job has more', () => {
    expect(read(file).permissions).toEqual({ contents: 'read' });
  });

  it('pins every action to a commit, with its version in a comment', () => {
    const uses = text(file)
      .split('\n')
      .filter((line) => /^\s*(- )?uses: [^.]/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('puts no input and no secret into a script', () => {
    for (const { run = '' } of steps(file)) expect(run).not.toContain('${{');
    expect(text(file)).not.toMatch(/secrets\.|aws-access-key-id|aws-secret-access-key/);
    expect(Object.keys(read(file).on)).not.toContain('pull_request_target');
  });

  it('runs scripts that exist', () => {
    for (const { run = '' } of steps(file)) {
      for (const [, script = ''] of run.matchAll(/npm run ([\w:]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
      if (run.startsWith('.ci/')) expect(existsSync(run.trim())).toBe(true);
    }
  });

  it('has a time limit for every job', () => {
    for (const job of Object.values(read(file).jobs)) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });
});

const runs = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? []);
const jobs = files.flatMap((file) =>
  Object.entries(read(file).jobs).map(([name, job]) => ({ name: `${file} ${name}`, job })),
);

describe('a job that can sign, publish or deploy', () => {
  const trusted = jobs.filter(
    ({ job }) => job.permissions !== undefined && Object.values(job.permissions).includes('write'),
  );
  const namesOf = (permission: string) =>
    trusted.filter(({ job }) => job.permissions?.[permission] === 'write').map(({ name }) => name);

  it('is one of these', () => {
    expect(namesOf('id-token')).toEqual([
      'deploy.yml deploy',
      'release.yml attest',
      'release.yml publish',
    ]);
    expect(namesOf('contents')).toEqual(['release.yml release']);
    expect(namesOf('attestations')).toEqual(['release.yml attest']);
    expect(trusted).toHaveLength(4);
  });

  it.each(trusted)('runs no install script and no build: $name', ({ job }) => {
    for (const run of runs(job)) {
      expect(run).not.toMatch(
        /npm (?:run (?:package|sbom)|pack|test|cit|exec)|npx|npm (?:ci|install)(?! --ignore-scripts)/,
      );
    }
    for (const { with: settings } of job.steps ?? []) {
      expect(settings?.['cache']).toBeUndefined();
    }
  });

  it.each(trusted)('checks the digest of what was built before anything else: $name', ({ job }) => {
    expect(job.env?.['DIGEST']).toBe(value('needs.build.outputs.digest'));
    expect(runs(job)[0]).toMatch(
      /^echo "\$DIGEST {2}(package|release)\.tar" \| sha256sum --check --strict\ntar -xf \1\.tar\n$/,
    );
  });
});

describe('the release', () => {
  const { check, build, attest, publish, release } = read('release.yml').jobs;

  it('is made of a tag, after every check', () => {
    expect(read('release.yml').on).toEqual({ push: { tags: ['v*'] } });
    expect(check?.uses).toBe('./.github/workflows/ci.yml');
    expect([build?.needs, attest?.needs, publish?.needs, release?.needs]).toEqual([
      'check',
      'build',
      ['build', 'attest'],
      ['build', 'publish'],
    ]);
  });

  it('attests the provenance of every file, and what is in each', () => {
    const given = (attest?.steps ?? [])
      .filter(({ uses }) => uses?.startsWith('actions/attest@'))
      .map(({ with: settings }) => settings);
    expect(given).toEqual([
      { 'subject-path': 'release/*' },
      {
        'subject-path': 'release/wecom-auth-v*.tar.gz',
        'sbom-path': 'release/wecom-auth.cdx.json',
      },
      {
        'subject-path': 'release/wecom-auth-client-*.tgz',
        'sbom-path': 'release/wecom-auth-client.cdx.json',
      },
      {
        'subject-path': 'release/wecom-emulator-*.tgz',
        'sbom-path': 'release/wecom-emulator.cdx.json',
      },
    ]);
  });

  it('attests no package that npm has with other files under the same version', () => {
    const script = runs(build).find((run) => run.includes('npm diff')) ?? '';
    expect(runs(build).indexOf(script)).toBeGreaterThan(
      runs(build).findIndex((run) => run.includes('npm pack')),
    );
    expect(script).toContain('for file in release/*.tgz');
    expect(script).toContain('exit 1');
  });

  it('publishes to npm with provenance, without a token that is stored, in an environment', () => {
    expect(runs(publish).at(-1)).toContain('--provenance --access public --ignore-scripts');
    expect(publish?.environment).toBe('npm');
    // There is no file that an action or a script of this repository could change.
    const uses = [publish, attest, release].flatMap((job) => job?.steps ?? []);
    expect(uses.some((step) => step.uses?.startsWith('actions/checkout@'))).toBe(false);
  });
});

describe('the deployment', () => {
  const { check, build, deploy } = read('deploy.yml').jobs;

  it('runs after every check, in an environment, with OIDC, and ends with the doctor', () => {
    expect(check?.uses).toBe('./.github/workflows/ci.yml');
    expect(build?.needs).toBe('check');
    expect(deploy).toMatchObject({
      needs: 'build',
      environment: expect.stringMatching(/^\$\{\{ inputs\.stage \}\}$/),
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    expect(runs(deploy).at(-2)).toContain('npm run deploy');
    expect(runs(deploy).at(-1)).toContain('npm run doctor');
  });

  it('does not build again', () => {
    expect(runs(deploy).at(-2)).toContain(' --package package');
  });

  it('deploys the package that was built, by its digest', () => {
    const { outputs } = build ?? {};
    expect(outputs).toEqual({ digest: value('steps.package.outputs.digest') });
    expect(deploy?.env?.['DIGEST']).toBe(value('needs.build.outputs.digest'));
    const at = (text: string) => runs(deploy).findIndex((run) => run.includes(text));
    expect(at('echo "$DIGEST  package.tar" | sha256sum --check --strict')).toBe(0);
    expect(at('npm run deploy')).toBeGreaterThan(at('tar -xf package.tar'));
  });

  it('keeps the source maps of the package that was built, longer than the package', () => {
    const uploads = (build?.steps ?? []).filter(({ uses }) =>
      uses?.startsWith('actions/upload-artifact@'),
    );
    const days = Object.fromEntries(
      uploads.map(({ with: options }) => [options?.['path'], Number(options?.['retention-days'])]),
    );
    expect(days['artifacts/source-maps']).toBeGreaterThan(days['package.tar'] ?? 0);
  });

  it('takes the region from the stage file alone', () => {
    expect(Object.keys(read('deploy.yml').on['workflow_dispatch']?.inputs ?? {})).toEqual([
      'stage',
    ]);
    expect(text('deploy.yml')).not.toContain('--region');
    const credentials = deploy?.steps?.find(({ uses }) => uses?.includes('credentials'));
    expect(credentials?.with?.['aws-region']).toBe(value('steps.stage.outputs.region'));
  });

  it('of one stage cancels neither the deployment nor the checks of another', () => {
    const { group = '' } = read('ci.yml').concurrency;
    const groupOf = (github: Record<string, unknown>) =>
      group.replace(/\$\{\{(.*?)\}\}/g, (_, expression) =>
        // The operators of these expressions are those of JavaScript.
        String(new Function('github', `return ${expression}`)(github)),
      );
    // A called workflow sees the event of its caller.
    const dispatch = { event_name: 'workflow_dispatch', ref: 'refs/heads/main' };
    expect(groupOf({ ...dispatch, run_id: 1 })).not.toBe(groupOf({ ...dispatch, run_id: 2 }));
    const push = { event_name: 'push', ref: 'refs/heads/main' };
    expect(groupOf({ ...push, run_id: 1 })).toBe(groupOf({ ...push, run_id: 2 }));
    expect(groupOf({ ...push, run_id: 1 })).not.toBe(groupOf({ ...dispatch, run_id: 1 }));
    expect(read('deploy.yml').concurrency).toEqual({
      group: `deploy-${value('inputs.stage')}`,
      'cancel-in-progress': false,
    });
  });

  it('is started by a person, never by a push', () => {
    expect(Object.keys(read('deploy.yml').on)).toEqual(['workflow_dispatch']);
  });
});

describe('the checks', () => {
  const checks = read('ci.yml').jobs;

  it('search the whole history for secrets', () => {
    const { steps = [] } = checks['secrets'] ?? {};
    expect(steps[0]?.with?.['fetch-depth']).toBe(0);
    expect(runs(checks['secrets'])[0]).toMatch(/gitleaks" git .*\.\n$/);
  });

  it('review dependencies, and lint the workflows', () => {
    expect(runs(checks['dependencies'])[0]).toMatch(/^npm audit --omit=dev/);
    expect(checks['dependencies']?.steps?.at(-1)?.uses).toContain('dependency-review-action');
    expect(runs(checks['templates']).at(-1)).toMatch(/^npm run interop -- .*\bworkflows\b/);
  });
});

describe('fuzzing', () => {
  const { fuzz } = read('fuzz.yml').jobs;

  it('has time for every target each night, and keeps what it found', () => {
    expect(Object.keys(read('fuzz.yml').on)).toContain('schedule');
    const [, seconds] = /npm run fuzz -- --seconds (\d+)$/m.exec(runs(fuzz).join('\n')) ?? [];
    const minutes = (Number(seconds) * TARGETS.length) / 60;
    expect(fuzz?.['timeout-minutes']).toBeGreaterThan(minutes + 10);
    expect(fuzz?.steps?.at(-1)?.with?.['path']).toBe('artifacts/fuzz');
  });
});

describe('Dependabot', () => {
  interface Update {
    'package-ecosystem': string;
    directory?: string;
    directories?: string[];
  }
  const { updates }: { updates: Update[] } = parse(readFileSync('.github/dependabot.yml', 'utf8'));
  const foldersOf = ({ directory, directories = [] }: Update) =>
    [...(directory ? [directory] : []), ...directories].map((each) => each.slice(1));

  it('updates packages and actions', () => {
    const ofAll = updates.filter(({ directory }) => directory === '/');
    expect(ofAll.map((each) => each['package-ecosystem'])).toEqual(['npm', 'github-actions']);
  });

  it.each([
    ['pip', 'requirements.txt'],
    ['gomod', 'go.mod'],
    ['maven', 'pom.xml'],
    ['npm', 'package.json'],
  ])('updates the outside programs of %s', (ecosystem, manifest) => {
    const folders = updates
      .filter((each) => each['package-ecosystem'] === ecosystem)
      .flatMap(foldersOf);
    const updated = globSync(folders.map((folder) => `${folder || '.'}/${manifest}`));
    const pinned = globSync(`tests/interop/**/${manifest}`);
    expect(pinned.length).toBeGreaterThan(0);
    expect(updated).toEqual(expect.arrayContaining(pinned));
  });
});
