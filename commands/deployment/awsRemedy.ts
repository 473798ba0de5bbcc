import type { Bilingual } from '../permissions/language.ts';

const NETWORK = new Set(['ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'ETIMEDOUT']);

/** What to do where AWS could not be reached, or got no credentials; nothing for any other error. */
export function awsRemedy(error: unknown): Bilingual | undefined {
  const { name, code } = error as { name?: unknown; code?: unknown };
  if (name === 'CredentialsProviderError') {
    return {
      en: 'Sign in to AWS: set AWS_PROFILE, or run aws sso login, and try again.',
      zh: '先登录 AWS（设置 AWS_PROFILE 或运行 aws sso login），再重试。',
    };
  }
  if (!NETWORK.has(String(code))) return undefined;
  return {
    en: 'AWS cannot be reached from here: check the network, the proxy and --region.',
    zh: '从这里连不上 AWS：检查网络、代理和 --region。',
  };
}
