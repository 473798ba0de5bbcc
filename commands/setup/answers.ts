import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import type { Bilingual } from '../../lib/bilingual.ts';
import { ENCODING_AES_KEY } from '../../lib/callback/sharedKeys.ts';
import { words } from '../../lib/words.ts';
import { misunderstood } from '../administration/exit.ts';
import { problemsOf } from '../deployment/problems.ts';
import type { StageParameters } from '../deployment/stageFile.ts';
import type { StageAnswers } from './stageFileEdit.ts';

/** The secrets that the operator entered. Absent: keep the stored value. */
export interface SecretAnswers {
  readonly appSecret?: string | undefined;
  readonly callbackApp?: CallbackAnswer | undefined;
  readonly callbackContacts?: CallbackAnswer | undefined;
}

export interface CallbackAnswer {
  readonly token: string;
  readonly encodingAesKey: string;
}

/** Which secrets are already stored. */
export interface Stored {
  readonly appSecret: boolean;
  readonly callbackApp: boolean;
  readonly callbackContacts: boolean;
}

/** The form of a secret, and what to say about another one, which is not quoted. */
interface Form {
  readonly pattern: RegExp;
  readonly problem: Bilingual;
}

export const FORMS = {
  appSecret: {
    pattern: /^[\w-]{10,128}$/,
    problem: { en: 'This is not a Secret of WeCom', zh: '这不是企业微信的 Secret' },
  },
  token: {
    pattern: /^[0-9A-Za-z]{1,32}$/,
    problem: { en: '1 to 32 letters and digits', zh: '1 到 32 个字母或数字' },
  },
  encodingAesKey: {
    pattern: ENCODING_AES_KEY,
    problem: { en: '43 letters and digits', zh: '43 个字母或数字' },
  },
} satisfies Record<string, Form>;

/** The variables of the settings that setup asks for. */
const VARIABLES: Readonly<Record<string, string>> = {
  corpId: 'WECOM_CORP_ID',
  agentId: 'WECOM_AGENT_ID',
  redirectUris: 'REDIRECT_URIS',
  corsOrigins: 'CORS_ORIGINS',
  domainProof: 'DOMAIN_PROOF',
  alarmEmail: 'ALARM_EMAIL',
  parameterKeyArn: 'PARAMETER_KEY_ARN',
};

/** Lists of addresses. In the stage's file the first is one text, and the second a list. */
const LISTS = ['redirectUris', 'corsOrigins'];

/** A secret is never in the answers themselves: they are kept, and shown to others. */
const Secret = v.union(
  [v.strictObject({ env: v.string() }), v.strictObject({ file: v.string() })],
  'must be {"env": "NAME"} or {"file": "path"}, not the secret itself',
);
const Callback = v.strictObject({ token: Secret, encodingAesKey: Secret });
const Answers = v.objectWithRest(
  {
    appSecret: v.exactOptional(Secret),
    callbackApp: v.exactOptional(Callback),
    callbackContacts: v.exactOptional(Callback),
  },
  v.union([v.string(), v.number(), v.boolean(), v.array(v.string())]),
);

/** Also a list is an object, without any of the names. */
const NO_LIST = v.check((given: unknown) => !Array.isArray(given), 'must be an object');

/** What a script gives instead of answers to questions. */
export interface GivenAnswers {
  readonly parameters: StageAnswers;
  readonly secrets: SecretAnswers;
}

/**
 * Reads the answers from a file, and what it leaves out from environment variables.
 *
 * @param file JSON; absent: environment variables only
 * @throws ExitError
 */
export function readAnswers(
  file: string | undefined,
  environment: NodeJS.ProcessEnv,
): GivenAnswers {
  const { appSecret, callbackApp, callbackContacts, ...parameters } = readFile(file);
  const fromVariables = Object.entries(VARIABLES).flatMap(([name, variable]) => {
    const value = environment[variable];
    // CI sets a variable that has no value to an empty text.
    return value === undefined || value === '' ? [] : [[name, value] as const];
  });
  const all = Object.entries({ ...Object.fromEntries(fromVariables), ...parameters });
  const callback = (given: v.InferOutput<typeof Callback> | undefined, prefix: string) =>
    readCallback(
      {
        token: given?.token ?? { env: `${prefix}_TOKEN` },
        encodingAesKey: given?.encodingAesKey ?? { env: `${prefix}_ENCODING_AES_KEY` },
      },
      given !== undefined,
      environment,
    );
  const secret = appSecret ?? { env: 'WECOM_APP_SECRET' };
  return {
    parameters: Object.fromEntries(all.map(([name, value]) => [name, normalized(name, value)])),
    secrets: {
      appSecret: readSecret(secret, 'appSecret', appSecret !== undefined, environment),
      callbackApp: callback(callbackApp, 'WECOM_CALLBACK_APP'),
      callbackContacts: callback(callbackContacts, 'WECOM_CALLBACK_CONTACTS'),
    },
  };
}

/** @throws ExitError */
function readFile(file: string | undefined): v.InferOutput<typeof Answers> {
  if (file === undefined) return {};
  let text: string;
  try {
    // Some editors begin a file with a byte order mark.
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw misunderstood({ en: `Cannot read ${file}: ${code}`, zh: `无法读取 ${file}：${code}` });
  }
  const result = v.safeParse(v.pipe(v.string(), v.parseJson(), NO_LIST, Answers), text);
  if (result.success) return result.output;
  const problems = result.issues.map((issue) =>
    [v.getDotPath(issue), issue.type === 'parse_json' ? 'is not JSON' : issue.message]
      .filter(Boolean)
      .join(' '),
  );
  throw misunderstood({
    en: `${file}: ${problems.join('; ')}. The form is in docs/operations.md#setup-in-a-script.`,
    zh: `${file}：${problems.join('；')}。格式参见 docs/zh-CN/operations.md#在脚本中运行-setup。`,
  });
}

function normalized(name: string, value: string | number | boolean | string[]) {
  if (!LISTS.includes(name)) return value;
  const list = words([value].flat().join(' '));
  return name === 'redirectUris' ? list.join(' ') : list;
}

type SecretSource = v.InferOutput<typeof Secret>;

/**
 * @param isNamed whether the answers name the source, so that it must have a value
 * @throws ExitError that does not quote the secret
 */
function readSecret(
  source: SecretSource,
  form: keyof typeof FORMS,
  isNamed: boolean,
  environment: NodeJS.ProcessEnv,
): string | undefined {
  const name = 'env' in source ? source.env : source.file;
  // Another text may be the secret itself, written where a name belongs.
  const label = /^[A-Z][A-Z0-9_]*$/.test(name) ? `${form} (${name})` : form;
  let value: string | undefined;
  try {
    value = 'env' in source ? environment[name] : readFileSync(name, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw misunderstood({
      en: `${label}: cannot read its file: ${code}`,
      zh: `${label}：无法读取其文件：${code}`,
    });
  }
  const text = value?.trim() ?? '';
  if (text === '') {
    if (!isNamed) return undefined;
    throw misunderstood({
      en: `${label}: its variable or file is empty or not set`,
      zh: `${label}：对应的环境变量或文件为空或未设置`,
    });
  }
  const { pattern, problem } = FORMS[form];
  if (pattern.test(text)) return text;
  throw misunderstood({ en: `${label}: ${problem.en}`, zh: `${label}：${problem.zh}` });
}

/** @throws ExitError */
function readCallback(
  sources: { readonly token: SecretSource; readonly encodingAesKey: SecretSource },
  isNamed: boolean,
  environment: NodeJS.ProcessEnv,
): CallbackAnswer | undefined {
  const token = readSecret(sources.token, 'token', isNamed, environment);
  const key = sources.encodingAesKey;
  const encodingAesKey = readSecret(key, 'encodingAesKey', isNamed, environment);
  if (token !== undefined && encodingAesKey !== undefined) return { token, encodingAesKey };
  if (token === undefined && encodingAesKey === undefined) return undefined;
  const { token: one, encodingAesKey: other } = sources;
  const names = [one, other].map((source) => ('env' in source ? source.env : source.file));
  throw misunderstood({
    en: `${names.join(' and ')} must be set together`,
    zh: `${names.join(' 和 ')} 必须同时设置`,
  });
}

/**
 * The settings to write: the front ends' origins are added to those that are listed, unless they are
 * given. Listed ones that deploy would refuse, such as an example, are left out.
 */
export function completed(
  stage: string,
  before: StageParameters,
  answers: StageAnswers,
): StageAnswers {
  const { redirectUris } = answers;
  if (redirectUris === undefined || answers['corsOrigins'] !== undefined) return answers;
  const origins = words(String(redirectUris)).flatMap((uri) => URL.parse(uri)?.origin ?? []);
  const listed = Array.isArray(before['corsOrigins']) ? before['corsOrigins'].map(String) : [];
  const kept = listed.filter((origin) => {
    const problems = problemsOf(stage, { ...before, corsOrigins: [origin] });
    return !problems.some((each) => each.startsWith('corsOrigins '));
  });
  return { ...answers, corsOrigins: [...new Set([...kept, ...origins])] };
}
