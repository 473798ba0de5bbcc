import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { optionTakenByNpm } from '../../commands/npmOptions.ts';

const OPTIONS = ['stage', 'dry-run', 'redirect-uri', 'yes', 'json'];

describe('an option that npm took for itself', () => {
  const ARGV = ['grant', 'user:lisi', 'access'];
  const found = (environment: NodeJS.ProcessEnv) =>
    optionTakenByNpm(OPTIONS, ARGV, { npm_lifecycle_event: 'permissions', ...environment });

  it.each([
    ['--stage=prod', { npm_config_stage: 'prod' }, '--stage=prod'],
    ['--stage prod', { npm_config_stage: 'true' }, '--stage'],
    ['--dry-run', { npm_config_dry_run: 'true' }, '--dry-run'],
    ['--redirect-uri=x', { npm_config_redirect_uri: 'x' }, '--redirect-uri=x'],
    ['--stage="a b"', { npm_config_stage: 'a b' }, "--stage='a b'"],
    ['--yes', { npm_config_yes: 'true' }, '--yes'],
    ['--json', { npm_config_json: 'true' }, '--json'],
  ])('is found after %s', (_, taken, option) => {
    const problem = found(taken);
    expect(problem?.en).toContain(`${option.split('=')[0]} to the command`);
    for (const text of [problem?.en, problem?.zh]) {
      expect(text).toContain(`npm run permissions -- grant user:lisi access ${option}`);
    }
  });

  it('is named with all others', () => {
    const text = found({ npm_config_yes: 'true', npm_config_dry_run: 'true' })?.en;
    expect(text).toContain('--dry-run, --yes');
  });

  it.each([
    ['with its options after --', {}],
    ['with options that are not its own', { npm_config_registry: 'https://example.com' }],
    ['with settings of npm that are empty', { npm_config_yes: '', npm_config_dry_run: '' }],
  ])('is not seen in a command %s', (_, environment) => {
    expect(found(environment)).toBeUndefined();
  });

  it('is not seen where an .npmrc has a setting of npm with the same name', () => {
    const directory = mkdtempSync(join(tmpdir(), 'npm-options-'));
    const file = join(directory, '.npmrc');
    writeFileSync(file, 'yes = true\njson\n');
    const settings = { npm_config_yes: 'true', npm_config_json: 'true' };
    for (const name of ['npm_config_userconfig', 'npm_config_globalconfig']) {
      expect(found({ ...settings, [name]: file })).toBeUndefined();
    }
    rmSync(directory, { recursive: true });
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
    expect(stderr).toContain(`npm run example -- ${[...args, '--stage'].join(' ')}`);
  });
});
