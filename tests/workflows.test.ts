import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  uses?: string;
  environment?: string;
  permissions?: Record<string, string>;
  needs?: string;
  env?: Record<string, string>;
  outputs?: Record<string, string>;
  'timeout-minutes'?: number;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, { inputs?: Record<string, unknown> } | null>;
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

describe('the deployment', () => {
  const { check, build, deploy } = read('deploy.yml').jobs;
  const runs = (job: Job | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? []);

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

  it("runs no install script and no build where the role's token can be fetched", () => {
    const trusted = files
      .flatMap((file) => Object.values(read(file).jobs))
      .filter(({ permissions }) => permissions?.['id-token'] !== undefined);
    expect(trusted).toEqual([deploy]);
    for (const run of runs(deploy)) {
      expect(run).not.toMatch(
        /npm (?:run package|test|cit|exec)|npx|npm (?:ci|install)(?! --ignore-scripts)/,
      );
    }
    // Without it `deploy` would build again.
    expect(runs(deploy).at(-2)).toContain(' --package package');
    for (const { with: settings } of deploy?.steps ?? [])
      expect(settings?.['cache']).toBeUndefined();
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

describe('Dependabot', () => {
  it('updates packages and actions', () => {
    const { updates } = parse(readFileSync('.github/dependabot.yml', 'utf8'));
    expect(
      updates.map((each: { 'package-ecosystem': string }) => each['package-ecosystem']),
    ).toEqual(['npm', 'github-actions']);
  });
});
