import { spawnSync } from 'node:child_process';
import { render, VARIANTS, type Variant } from './render.ts';

/*
 * `npm run lint:cfn`: cfn-lint on every rendered template. It is no npm package: `pip install
 * cfn-lint`.
 *
 * W3005, a dependency that is named although it follows from a reference, is what Serverless writes
 * into each of its own functions, routes and stages; none of our resources has one.
 */

if (spawnSync('cfn-lint', ['--version']).status !== 0) {
  console.log('cfn-lint is not installed (pip install cfn-lint): the templates were not linted.');
} else {
  for (const variant of Object.keys(VARIANTS) as Variant[]) {
    const { file } = await render(variant);
    const region = VARIANTS[variant]['region'] ?? 'ap-southeast-1';
    const args = ['--template', file, '--regions', region, '--ignore-checks', 'W3005'];
    const { status } = spawnSync('cfn-lint', args, { stdio: 'inherit' });
    console.log(`${status === 0 ? '✓' : '✗'} ${variant}`);
    if (status !== 0) process.exitCode = 1;
  }
}
