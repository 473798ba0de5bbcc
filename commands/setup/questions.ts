import { confirm, input, password } from '@inquirer/prompts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { words } from '../../lib/words.ts';
import { problemsOf } from '../deployment/problems.ts';
import type { StageParameters } from '../deployment/stageFile.ts';
import type { Say } from '../language.ts';
import {
  type CallbackAnswer,
  completed,
  FORMS,
  type SecretAnswers,
  type Stored,
} from './answers.ts';
import type { StageAnswers } from './stageFileEdit.ts';

/** Asks for the settings. Enter keeps the value of the stage's file. */
export async function askParameters(
  stage: string,
  parameters: StageParameters,
  say: Say,
): Promise<StageAnswers> {
  const given = (name: string) => String(parameters[name] ?? '').trim();
  /** The same check as `npm run deploy`. */
  const validate = (name: string) => (text: string) => {
    const answers = completed(stage, parameters, { [name]: text.trim() });
    const problems = problemsOf(stage, { ...parameters, ...answers });
    const isOfAnswer = (problem: string) =>
      Object.keys(answers).some((answered) => problem.startsWith(`${answered} `));
    return problems.find(isOfAnswer) ?? true;
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
      default: words(given('redirectUris')).join(' '),
      validate: validate('redirectUris'),
    })
  ).trim();
  const domainProof = await ask('domainProof', {
    en: 'The 16 characters in the file name WW_verify_….txt, if WeCom verifies your domain (else Enter)',
    zh: 'WW_verify_….txt 文件名中的 16 个字符（企业微信要求校验域名时填写，否则回车）',
  });
  const alarmEmail = await ask('alarmEmail', {
    en: 'E-mail address that gets the alarms (AWS sends it a confirmation request; else Enter)',
    zh: '接收告警的邮箱（AWS 会向其发送确认邮件；不需要则回车）',
  });
  const parameterKeyArn = await ask('parameterKeyArn', {
    en: 'ARN of your own KMS key for the secrets in SSM (else Enter)',
    zh: '用于加密 SSM 中机密内容的自有 KMS 密钥 ARN（不需要则回车）',
  });
  const optional = { domainProof, alarmEmail, parameterKeyArn };
  const changed = Object.entries(optional).filter(([name, answer]) => answer !== given(name));
  return completed(stage, parameters, {
    corpId,
    agentId,
    redirectUris: words(redirectUris).join(' '),
    ...Object.fromEntries(changed),
  });
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
  const formOf = (name: keyof typeof FORMS) => (text: string) =>
    FORMS[name].pattern.test(text) ? true : say(FORMS[name].problem);
  const callback = async (title: string, kept: boolean): Promise<CallbackAnswer | undefined> => {
    const wanted = await confirm({
      message: kept
        ? say({ en: `Replace the keys of ${title}?`, zh: `替换 ${title} 的密钥？` })
        : say({ en: `Set up ${title} now?`, zh: `现在设置 ${title}？` }),
      default: false,
    });
    if (!wanted) return undefined;
    const token = await hidden(`${title}: Token`, false, formOf('token'));
    const encodingAesKey = await hidden(
      `${title}: EncodingAESKey`,
      false,
      formOf('encodingAesKey'),
    );
    return { token: token ?? '', encodingAesKey: encodingAesKey ?? '' };
  };

  const appSecret = await hidden(
    say({ en: 'Secret of the app', zh: '应用 Secret' }),
    stored.appSecret,
    formOf('appSecret'),
  );
  return {
    appSecret,
    callbackApp: await callback('接收消息 (app)', stored.callbackApp),
    callbackContacts: await callback('通讯录同步 (contacts)', stored.callbackContacts),
  };
}
