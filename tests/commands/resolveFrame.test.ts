import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundle } from '../harness/bundles/bundle.ts';

const directory = mkdtempSync(join(tmpdir(), 'wecom-auth-frames-'));
const maps = join(directory, 'maps');
const deployed = join(directory, 'deployed');
afterAll(() => rmSync(directory, { recursive: true }));

function node(...args: string[]): Promise<{ exitCode: number; out: string; err: string }> {
  return new Promise((done) => {
    execFile(process.execPath, args, (error, out, err) =>
      done({ exitCode: Number(error?.code ?? 0), out, err }),
    );
  });
}
const resolveFrame = (...args: string[]) => node('commands/resolveFrame.ts', ...args);

/** The stack of a packaged function that was called by something other than Lambda. */
let stack: string;

beforeAll(async () => {
  vi.stubEnv('SOURCE_MAPS', maps);
  const { file } = await bundle('functions/verify.ts', deployed);
  vi.unstubAllEnvs();
  writeFileSync(join(deployed, 'package.json'), '{"type":"module"}');
  const call = `import { handler } from ${JSON.stringify(file)};
    handler({}, {}).catch(({ stack }) => console.log(stack));`;
  stack = (await node('--input-type=module', '-e', call)).out;
});

describe('a frame of a packaged function', () => {
  it('is resolved to the file and line of its source', async () => {
    const [, frame = ''] = /(verify\.chunk-\w+\.js:\d+:\d+)/.exec(stack) ?? [];
    const { exitCode, out } = await resolveFrame(frame, '--maps', maps);
    expect(exitCode).toBe(0);
    const [, file = '', line] = /^\S+ {2}(\S+):(\d+):\d+\n$/.exec(out) ?? [];
    expect(file).toBe('lib/http/lambdaInvocation.ts');
    const source = readFileSync(file, 'utf8').split('\n')[Number(line) - 1];
    expect(source).toContain('context.getRemainingTimeInMillis()');
  });

  it('is found in a whole log line, with the others in it', async () => {
    const frames = stack.split('\n').filter((line) => line.includes('.js:'));
    const line = JSON.stringify({ level: 'ERROR', error: 'ERR_UNEXPECTED', frames });
    const { out } = await resolveFrame(line, '--maps', maps);
    expect(out.trim().split('\n').length).toBe(stack.match(/\w\.js:\d+:\d+/g)?.length);
  });

  it.each([
    ['of a chunk that is not there', 'verify.chunk-ABCDEFGH.js:1:1'],
    ['beyond the end of the file', 'nothing.js:1:1'],
  ])('%s is said not to be in the maps', async (_what, frame) => {
    const { exitCode, out } = await resolveFrame(frame, '--maps', maps);
    expect(exitCode).toBe(1);
    expect(out).toContain(`${frame}  not in the source maps`);
  });

  it.each([['nothing'], ['--no-such-option']])('is not %s', async (argument) => {
    expect((await resolveFrame(argument)).exitCode).toBe(2);
  });
});

describe('the source maps', () => {
  it('are beside the package, and add nothing to what a cold start loads', async () => {
    const plain = join(directory, 'plain');
    await bundle('functions/verify.ts', plain);
    const files = (folder: string) => readdirSync(folder).filter((name) => name !== 'package.json');
    const bytes = (folder: string) =>
      files(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(files(deployed).filter((file) => !file.endsWith('.js'))).toEqual([]);
    expect(files(deployed)).toHaveLength(files(plain).length);
    // Only the hashes in the chunks' names differ.
    expect(bytes(deployed)).toBe(bytes(plain));
    expect(readdirSync(maps).sort()).toEqual(
      files(deployed)
        .map((file) => `${file}.map`)
        .sort(),
    );
  });
});
