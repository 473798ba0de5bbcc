import { spawnSync } from 'node:child_process';
import { cfnLintParameters } from './cfnLint.ts';
import { render, VARIANTS, type Variant } from './render.ts';

/*
 * `npm run lint:cfn`: cfn-lint on every rendered template. It is no npm package: `pip install
 * cfn-lint`.
 */

if (spawnSync('cfn-lint', ['--version']).status !== 0) {
  console.log('cfn-lint is not installed (pip install cfn-lint): the templates were not linted.');
} else {
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    const parameters = cfnLintParameters(variant, await render(variant));
    const { status } = spawnSync('cfn-lint', parameters, { stdio: 'inherit' });
    console.log(`${status === 0 ? '✓' : '✗'} ${variant}`);
    if (status !== 0) process.exitCode = 1;
  }
}
