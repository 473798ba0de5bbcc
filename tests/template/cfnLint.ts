import type { Template, Variant } from './render.ts';
import { VARIANTS } from './render.ts';

/**
 * The parameters of cfn-lint for a rendered template.
 *
 * W3005, a dependency that is named although it follows from a reference, is what Serverless writes
 * into each of its own functions, routes and stages; none of our resources has one.
 */
export function cfnLintParameters(
  variant: Variant,
  { file }: Pick<Template, 'file'>,
): readonly string[] {
  const region = VARIANTS[variant]['region'] ?? 'ap-southeast-1';
  return ['--template', file, '--regions', region, '--ignore-checks', 'W3005'];
}
