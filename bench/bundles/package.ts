import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { unzip } from './unzip.ts';

/** A function as Lambda gets it. */
export interface PackagedFunction {
  readonly name: string;
  readonly directory: string;
  /** The file that holds the handler. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly zipBytes: number;
}

const PACKAGE_MILLISECONDS = 120_000;

/**
 * Runs `serverless package` for the local stage and unpacks each function's zip into a directory of
 * its own that nothing can be written to.
 *
 * @param directory an absolute path
 */
export function packageFunctions(directory: string): Record<string, PackagedFunction> {
  const output = join(directory, 'package');
  const { status, stdout } = spawnSync(
    'node_modules/.bin/serverless',
    ['package', '--stage', 'local', '--package', output],
    {
      env: { ...process.env, ESBUILD_WORK_FOLDER: '.esbuild/bench' },
      timeout: PACKAGE_MILLISECONDS,
      // It would wait for an answer, and writes its errors to standard output.
      stdio: ['ignore', 'pipe', 'ignore'],
      encoding: 'utf8',
    },
  );
  if (status !== 0) throw new Error(`serverless package failed:\n${stdout}`);
  const template = JSON.parse(
    readFileSync(join(output, 'cloudformation-template-update-stack.json'), 'utf8'),
  );
  const functions: Record<string, PackagedFunction> = {};
  for (const { Type, Properties } of Object.values<Resource>(template.Resources)) {
    if (Type !== 'AWS::Lambda::Function') continue;
    const name = Properties.Code.S3Key.replace(/^.*\/|\.zip$/g, '');
    const archive = join(output, `${name}.zip`);
    const unpacked = join(directory, name);
    unzip(archive, unpacked);
    makeReadOnly(unpacked);
    functions[name] = {
      name,
      directory: unpacked,
      file: join(unpacked, Properties.Handler.replace(/\.handler$/, '.js')),
      environment: Properties.Environment.Variables,
      zipBytes: statSync(archive).size,
    };
  }
  return functions;
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Code: { readonly S3Key: string };
    readonly Handler: string;
    readonly Environment: { readonly Variables: Record<string, string> };
  };
}

function makeReadOnly(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o555 : 0o444);
  }
  chmodSync(directory, 0o555);
}
