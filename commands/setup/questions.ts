import { confirm, input, password } from '@inquirer/prompts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { ENCODING_AES_KEY } from '../../lib/callback/sharedKeys.ts';
import { problemsOf } from '../deployment/problems.ts';
import type { StageParameters } from '../deployment/stageFile.ts';
import type { Say } from '../language.ts';
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

/** Asks for the settings. Enter keeps the value of the stage's file. */
export async function askParameters(
  stage: string,
  parameters: StageParameters,
  say: Say,
): Promise<StageAnswers> {
  const given = (name: string) => String(parameters[name] ?? '').trim();
  /** The same check as `npm run deploy`. */
  const validate = (name: string) => (text: string) => {
    const problems = problemsOf(stage, { ...parameters, [name]: text.trim() });
    return problems.find((each) => each.startsWith(`${name} `)) ?? true;
  };
  const ask = async (name: string, question: Bilingual) =>
    (
      await input({ message: say(question), default: given(name), validate: validate(name) })
    ).trim();

  const corpId = await ask('corpId', {
    en: 'CorpID (我的企业 → 企业信息 → 企业ID)',
    zh: 'CorpID（我的企业 → 企业信息 → 企业ID）',
  });
  const agentId = await ask('agentId', {
    en: 'AgentId (应用管理 → the app)',
    zh: 'AgentId（应用管理 → 该应用）',
  });
  const redirectUris = (
    await input({
      message: say({
        en: 'Redirect URIs: the complete URLs that WeCom may redirect to after sign-in, separated by spaces',
        zh: '回调地址：登录后允许跳转的完整 URL，以空格分隔',
      }),
      default: listOf(given('redirectUris')).join(' '),
      validate: validate('redirectUris'),
    })
  ).trim();
  const origins = [...new Set(listOf(redirectUris).map((uri) => new URL(uri).origin))];
  const domainProof = await ask('domainProof', {
    en: 'The 16 characters in the file name WW_verify_….txt, if WeCom verifies your domain (else Enter)',
    zh: 'WW_verify_….txt 文件名中的 16 个字符（企业微信要求校验域名时填写，否则回车）',
  });
  return {
    corpId,
    agentId,
    redirectUris: listOf(redirectUris).join(' '),
    corsOrigins: originsOf(parameters, origins),
    ...(domainProof !== given('domainProof') && { domainProof }),
  };
}

const listOf = (text: string) => text.split(/[\s,]+/).filter((part) => part !== '');

/** The front ends' origins, after those that are already listed. */
function originsOf(parameters: StageParameters, origins: string[]): string[] {
  const listed = Array.isArray(parameters['corsOrigins']) ? parameters['corsOrigins'] : [];
  const kept = listed.map(String).filter((each) => !/\bexample\.com\b/.test(each));
  return [...new Set([...kept, ...origins])];
}

/** Asks for the secrets. Input is not shown; Enter keeps the stored value. */
export async function askSecrets(stored: Stored, say: Say): Promise<SecretAnswers> {
  const keep = (kept: boolean) =>
    kept ? say({ en: ' (Enter keeps the stored value)', zh: '（回车保留已存的值）' }) : '';
  const hidden = async (message: string, kept: boolean, check: (text: string) => true | string) => {
    const text = await password({
      message: message + keep(kept),
      validate: (typed) => (kept && typed.trim() === '' ? true : check(typed.trim())),
    });
    return text.trim() || undefined;
  };
  const callback = async (title: string, kept: boolean): Promise<CallbackAnswer | undefined> => {
    const wanted = await confirm({
      message: kept
        ? say({ en: `Replace the keys of ${title}?`, zh: `替换 ${title} 的密钥？` })
        : say({ en: `Set up ${title} now?`, zh: `现在设置 ${title}？` }),
      default: false,
    });
    if (!wanted) return undefined;
    const token = await hidden(`${title}: Token`, false, (text) =>
      /^[0-9A-Za-z]{1,32}$/.test(text)
        ? true
        : say({ en: '1 to 32 letters and digits', zh: '1 到 32 个字母或数字' }),
    );
    const encodingAesKey = await hidden(`${title}: EncodingAESKey`, false, (text) =>
      ENCODING_AES_KEY.test(text)
        ? true
        : say({ en: '43 letters and digits', zh: '43 个字母或数字' }),
    );
    return { token: token ?? '', encodingAesKey: encodingAesKey ?? '' };
  };

  const appSecret = await hidden(
    say({ en: 'Secret of the app', zh: '应用 Secret' }),
    stored.appSecret,
    (text) =>
      /^[\w-]{10,128}$/.test(text)
        ? true
        : say({ en: 'This is not a Secret of WeCom', zh: '这不是企业微信的 Secret' }),
  );
  return {
    appSecret,
    callbackApp: await callback('接收消息 (app)', stored.callbackApp),
    callbackContacts: await callback('通讯录同步 (contacts)', stored.callbackContacts),
  };
}
