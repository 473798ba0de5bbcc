import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { FIXTURE_KEYS } from '../packages/emulator/source/callbacks/fixtureKeys.ts';
import {
  callbackEvent,
  envelope,
  eventXml,
  pushQuery,
  seal,
} from '../tests/harness/callbackRequest.ts';
import { startEdge } from '../tests/harness/edge/edge.ts';
import { signInEvent, verifyEvent } from '../tests/harness/lambda/events.ts';
import { quantile } from './measure/spread.ts';

/*
 * npm run bench:shape          how large functions/ and lib/ are, and how much of them a request loads
 * node bench/shape.ts <flow>   runs one flow in this process and prints how many files it loaded
 */

const CORP_ID = 'ww0a1b2c3d4e5f6a7b';
const REDIRECT_URI = 'http://localhost:3000/';
const PARAMETERS = '/wecom-auth/local';
const ENVIRONMENT = {
  STAGE: 'local',
  WECOM_CORP_ID: CORP_ID,
  WECOM_AGENT_ID: '1000002',
  WECOM_SECRET_PARAMETER: `${PARAMETERS}/app-secret`,
  WECOM_CALLBACK_CONTACTS_PARAMETER: `${PARAMETERS}/callback-contacts`,
  REDIRECT_URIS: REDIRECT_URI,
  SESSION_ISSUER: 'http://localhost:3000',
  SESSION_KEYS_PARAMETER: `${PARAMETERS}/session-keys`,
  CACHE_TABLE: 'wecom-auth-local-cache',
  PERSON_CHANGES_FUNCTION: 'wecom-auth-local-personChanges',
  SIGN_OUTS_FUNCTION: 'wecom-auth-local-signOuts',
  PERMISSION_TABLE: 'wecom-auth-local-permissions',
  VERIFY_ACCESS: 'open',
  AWS_REGION: 'local',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};

/** In this order: the second `verify` finds the membership that the first one stored. */
const flows = {
  'a sign-in with a state': signIn,
  'a verify that calls WeCom': verify,
  'a verify that does not': verify,
  'a push': push,
};

const flow = process.argv[2];
if (flow === undefined) await report();
else await loadedBy(flow);

async function report(): Promise<void> {
  const files = sourceFiles();
  const lines = files.map(({ text }) => text.split('\n').length - 1);
  const codeLines = files.map(({ text }) => codeLinesOf(text));
  const exported = files.map(({ text }) => text.match(/^export /gm)?.length ?? 0);
  const chain = longestChain(importsOf(files));
  console.log(`files                      ${files.length}`);
  console.log(`lines                      ${sum(lines)}, median ${median(lines)}`);
  console.log(`lines of code              ${sum(codeLines)}, median ${median(codeLines)}`);
  console.log(
    `exports of a file          median ${median(exported)}, most ${Math.max(...exported)}`,
  );
  console.log(`longest import chain       ${chain.length}: ${chain.join(' → ')}`);

  const edge = await startEdge(0);
  try {
    const environment = { ...process.env, ...ENVIRONMENT, ...edge.environment };
    await putCallbackKeys(edge.environment['AWS_ENDPOINT_URL_SSM'] ?? '');
    for (const name of Object.keys(flows)) {
      const { status, stdout } = spawnSync(process.execPath, [import.meta.filename, name], {
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${name} ended with ${status}\n${stdout}`);
      const last = stdout.trim().split('\n').at(-1) ?? '';
      console.log(`files that ${name} loads: ${last}`);
    }
  } finally {
    await edge.close();
  }
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
}

function sourceFiles(): SourceFile[] {
  return ['functions', 'lib'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  );
}

/** Lines that are neither empty nor a comment, in the formatter's layout. */
function codeLinesOf(text: string): number {
  return text.split('\n').filter((line) => !/^\s*($|\/\/|\/\*|\*)/.test(line)).length;
}

/** The files that each file imports when it runs, `import()` included and types excluded. */
function importsOf(files: readonly SourceFile[]): Map<string, string[]> {
  const statement = /^(?:import|export) (?!type )[^;']*from '(\.[^']+)'|import\('(\.[^']+)'\)/gm;
  return new Map(
    files.map(({ path, text }) => [
      path,
      [...text.matchAll(statement)].map(([, from, later]) =>
        normalize(join(dirname(path), from ?? later ?? '')),
      ),
    ]),
  );
}

/** The linter refuses cycles, so this ends. */
function longestChain(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const known = new Map<string, string[]>();
  const longestFrom = (path: string): string[] => {
    const found = known.get(path);
    if (found) return found;
    const chain = [path, ...longest((imports.get(path) ?? []).map(longestFrom))];
    known.set(path, chain);
    return chain;
  };
  return longest([...imports.keys()].map(longestFrom));
}

function longest(chains: readonly string[][]): string[] {
  return chains.reduce((best, chain) => (chain.length > best.length ? chain : best), []);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** Stores the keys of a callback channel, which the edge's SSM does not have. */
async function putCallbackKeys(endpoint: string): Promise<void> {
  const client = new SSMClient({
    endpoint,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { token, encodingAESKey } = FIXTURE_KEYS.contacts;
  await client.send(
    new PutParameterCommand({
      Name: `${PARAMETERS}/callback-contacts`,
      Value: JSON.stringify({ token, encodingAesKey: encodingAESKey }),
      Type: 'SecureString',
    }),
  );
  client.destroy();
}

async function loadedBy(name: string): Promise<void> {
  const run = Object.entries(flows).find(([each]) => each === name)?.[1];
  if (run === undefined) throw new Error(`There is no flow ${name}`);
  const root = pathToFileURL('./').href;
  const loaded = new Set<string>();
  registerHooks({
    load(url, context, nextLoad) {
      if (/^(functions|lib)\//.test(url.slice(root.length))) loaded.add(url);
      return nextLoad(url, context);
    },
  });
  await run();
  console.log(loaded.size);
}

async function call(
  name: string,
  event: object,
  status: number,
): Promise<APIGatewayProxyStructuredResultV2> {
  const { handler } = await import(pathToFileURL(`functions/${name}.ts`).href);
  const end = Date.now() + 15_000;
  const context = { awsRequestId: name, getRemainingTimeInMillis: () => end - Date.now() };
  const answer: APIGatewayProxyStructuredResultV2 = await handler(event, context);
  if (answer.statusCode !== status) throw new Error(`${name}: ${answer.statusCode} ${answer.body}`);
  return answer;
}

async function signIn(): Promise<void> {
  const verifier = 'v'.repeat(43);
  const query = new URLSearchParams({
    redirect_uri: REDIRECT_URI,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const path = '/api/wecom/authorize';
  const authorize = {
    rawPath: path,
    routeKey: `GET ${path}`,
    rawQueryString: String(query),
    requestContext: { http: { method: 'GET', path } },
  };
  const { headers = {} } = await call('authorize', authorize, 302);
  const state = new URL(String(headers['location'])).searchParams.get('state');
  const body = JSON.stringify({ code: 'user124', state, code_verifier: verifier });
  await call('getUserInfo', { ...signInEvent('user124'), body }, 200);
}

async function verify(): Promise<void> {
  await call('verify', verifyEvent, 200);
}

/** Not a change for `personChanges`, which only adds AWS's client of Lambda. */
async function push(): Promise<void> {
  const { token, encodingAESKey } = FIXTURE_KEYS.contacts;
  const account = { token, encodingAesKey: encodingAESKey, receiveId: CORP_ID };
  const sealed = seal(
    account,
    eventXml(CORP_ID, {
      Event: 'change_contact',
      ChangeType: 'update_user',
      UserID: 'user123',
      CreateTime: Math.floor(Date.now() / 1_000),
    }),
  );
  const body = envelope(sealed, CORP_ID);
  await call('callback', callbackEvent('POST', 'contacts', pushQuery(sealed), body), 200);
}
