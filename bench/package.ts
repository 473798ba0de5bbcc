import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

/** A function as deployed to Lambda. */
export interface PackagedFunction {
  readonly name: string;
  readonly directory: string;
  /** The file of the handler. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly zipBytes: number;
}

const PACKAGE_TIMEOUT_MS = 120_000;

/**
 * Runs `serverless package` for the local stage and unpacks each function's zip into its own read-only
 * directory.
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
      timeout: PACKAGE_TIMEOUT_MS,
      // Without standard input it cannot wait for an answer. It writes errors to standard output.
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

/** Removes a directory of `packageFunctions`, whose folders are read-only. */
export function removePackages(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  }
  rmSync(directory, { recursive: true });
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

const END_OF_CENTRAL_DIRECTORY = 0x06054b50;
const DEFLATED = 8;

/** Unpacks a deployment package that serverless-esbuild wrote: no encryption, no zip64. */
function unzip(archive: string, directory: string): void {
  const zip = readFileSync(archive);
  const end = zip.lastIndexOf(Buffer.from(new Uint32Array([END_OF_CENTRAL_DIRECTORY]).buffer));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const method = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 20);
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset),
    ) as [number, number, number];
    const local = zip.readUInt32LE(at + 42);
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    at += 46 + nameLength + extraLength + commentLength;
    if (name.endsWith('/')) continue;
    // The extra field of the local header may have a different length.
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(start, start + size);
    const file = join(directory, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, method === DEFLATED ? inflateRawSync(content) : content);
  }
}
