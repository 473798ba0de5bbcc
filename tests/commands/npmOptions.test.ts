import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { optionTakenByNpm } from '../../commands/npmOptions.ts';

const OPTIONS = ['stage', 'dry-run', 'redirect-uri', 'yes', 'json'];

describe('an option that npm took for itself', () => {
  it.each([
    ['npm run doctor --stage=prod', { npm_config_stage: 'prod' }, '--stage'],
    ['npm run doctor --stage prod', { npm_config_stage: 'true' }, '--stage'],
    ['npm run doctor --dry-run', { npm_config_dry_run: 'true' }, '--dry-run'],
    ['npm run doctor --redirect-uri=x', { npm_config_redirect_uri: 'x' }, '--redirect-uri'],
  ])('is found after %s', (_, taken, option) => {
    const problem = optionTakenByNpm(OPTIONS, { npm_lifecycle_event: 'doctor', ...taken });
    expect(problem?.en).toContain(`${option} to the command`);
    expect(problem?.en).toContain(`npm run doctor -- ${option}`);
    expect(problem?.zh).toContain(`npm run doctor -- ${option}`);
  });

  it.each([
    ['with its options after --', {}],
    ['with npm settings of the same name', { npm_config_yes: 'true', npm_config_json: 'true' }],
    ['with options that are not its own', { npm_config_registry: 'https://example.com' }],
    ['with settings of npm that are empty', { npm_config_yes: '', npm_config_dry_run: '' }],
  ])('is not seen in a command %s', (_, environment) => {
    expect(optionTakenByNpm(OPTIONS, environment)).toBeUndefined();
  });
});

describe('a command without the option that npm took is refused:', () => {
  it.each([
    ['permissions', ['list']],
    ['clients', ['list']],
    ['sessions', ['list']],
    ['keys', ['rotate']],
    ['doctor', []],
    ['setup', []],
    ['checkStage', ['package']],
  ])('%s', (command, args) => {
    const env = { ...process.env, npm_config_stage: 'prod', npm_lifecycle_event: 'example' };
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [`commands/${command}.ts`, ...args],
      { env, encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('npm run example -- --stage');
  });
});
