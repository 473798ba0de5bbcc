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
  'timeout-minutes'?: number;
  steps?: Step[];
}
interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

const DIRECTORY = '.github/workflows';
const files = readdirSync(DIRECTORY);
const text = (file: string) => readFileSync(`${DIRECTORY}/${file}`, 'utf8');
const read = (file: string): Workflow => parse(text(file));
const steps = (file: string) => Object.values(read(file).jobs).flatMap((job) => job.steps ?? []);
const scripts: Record<string, string> = JSON.parse(readFileSync('package.json', 'utf8')).scripts;

describe.each(files)('the workflow %s', (file) => {
  it('may only read, unless a job says otherwise', () => {
    expect(read(file).permissions).toEqual({ contents: 'read' });
  });

  it('takes every action at one commit, and says which version that is', () => {
    const uses = text(file)
      .split('\n')
      .filter((line) => /^\s*(- )?uses: [^.]/.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) {
      expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  it('puts nothing that somebody typed, and no secret, into a script', () => {
    for (const { run = '' } of steps(file)) expect(run).not.toContain('${{');
    expect(text(file)).not.toMatch(/secrets\.|aws-access-key-id|aws-secret-access-key/);
    expect(Object.keys(read(file).on)).not.toContain('pull_request_target');
  });

  it('runs what there is', () => {
    for (const { run = '' } of steps(file)) {
      for (const [, script = ''] of run.matchAll(/npm run ([\w:]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
      if (run.startsWith('.ci/')) expect(existsSync(run.trim())).toBe(true);
    }
  });

  it('ends by itself', () => {
    for (const job of Object.values(read(file).jobs)) {
      if (job.uses === undefined) expect(job['timeout-minutes']).toBeGreaterThan(0);
    }
  });
});

describe('the deployment', () => {
  it('comes after every check, in an environment, with OIDC, and ends with a smoke test', () => {
    const { check, deploy } = read('deploy.yml').jobs;
    expect(check?.uses).toBe('./.github/workflows/ci.yml');
    expect(deploy).toMatchObject({
      needs: 'check',
      environment: expect.stringMatching(/^\$\{\{ inputs\.stage \}\}$/),
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    const runs = (deploy?.steps ?? []).flatMap(({ run }) => run ?? []);
    expect(runs.at(-2)).toContain('npm run deploy');
    expect(runs.at(-1)).toContain('npm run doctor');
  });

  it('follows a push to nobody: somebody starts it', () => {
    expect(Object.keys(read('deploy.yml').on)).toEqual(['workflow_dispatch']);
  });
});

describe('Dependabot', () => {
  it('looks after packages and actions', () => {
    const { updates } = parse(readFileSync('.github/dependabot.yml', 'utf8'));
    expect(
      updates.map((each: { 'package-ecosystem': string }) => each['package-ecosystem']),
    ).toEqual(['npm', 'github-actions']);
  });
});
