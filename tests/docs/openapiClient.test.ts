import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { generateApi } from 'swagger-typescript-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { permit } from '../harness/permit.ts';
import { type Stack, startStack } from '../harness/stack.ts';

/*
 * docs/openapi.yaml, read by programs of others: a validator, and a generator of typed clients.
 */

const DESCRIPTION = resolve('docs/openapi.yaml');

it('docs/openapi.yaml is valid OpenAPI', async () => {
  const { valid, errors } = await new Validator().validate(
    parse(readFileSync(DESCRIPTION, 'utf8')),
  );
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

/** What a developer writes with the client. Each line below an expected error must be one. */
const PROGRAM = `
import { Api } from './client.ts';

export async function signIn(baseUrl: string, code: string) {
  const { api } = new Api({ baseUrl });
  const { data: answer } = await api.getUserInfo({ code });
  const name: string = answer.data.name;
  const session: string | undefined = answer.session?.access_token;
  // @ts-expect-error A department is a name, not a number.
  const department: number = answer.data.department;
  const verified = await api.verify(answer.data.userid, { permission: 'access' });
  const authorized: boolean = verified.data.data.authorized;
  return { name, session, department, authorized };
}

export async function refusal(baseUrl: string) {
  const { api } = new Api({ baseUrl });
  // @ts-expect-error The code is missing.
  const response: Response = await api.getUserInfo({}).catch((failed) => failed);
  return [response.status, response.headers.get('x-error-code')];
}
`;

interface Program {
  signIn(baseUrl: string, code: string): Promise<object>;
  refusal(baseUrl: string): Promise<unknown[]>;
}

describe('a typed client generated from it', () => {
  mkdirSync('artifacts', { recursive: true });
  const directory = mkdtempSync(resolve('artifacts/openapi-client-'));
  const program = join(directory, 'program.ts');
  let stack: Stack;
  let url: string;

  beforeAll(async () => {
    stack = await startStack();
    ({ url } = await stack.newInstance());
    await permit(stack, 'member#user123');
    const { files } = await generateApi({ input: DESCRIPTION, output: false, silent: true });
    const [client] = files;
    // The generator tells the compiler not to look.
    const text = client?.fileContent.replace('// @ts-nocheck', '') ?? '';
    writeFileSync(join(directory, 'client.ts'), text);
    writeFileSync(program, PROGRAM);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  it('compiles, with the program that uses it', async () => {
    const options = ['--strict', '--noEmit', '--allowImportingTsExtensions', '--target', 'es2024'];
    const compiler = [resolve('node_modules/.bin/tsc'), '--ignoreConfig', ...options, program];
    const { stdout } = await promisify(execFile)(process.execPath, compiler, {
      cwd: directory,
    }).catch((failed: { stdout: string }) => failed);
    expect(stdout).toBe('');
  });

  it('signs a member in, and gets the reason of a refusal', async () => {
    const { signIn, refusal }: Program = await import(program);
    const code = stack.wecom.codes.mint({ userid: 'user123', scope: 'snsapi_base' });
    expect(await signIn(url, code)).toMatchObject({ name: '张三', authorized: true });
    expect(await refusal(url)).toEqual([400, 'ERR_INVALID_REQUEST']);
  });
});
