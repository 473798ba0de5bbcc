import type { Bilingual } from '../permissions/language.ts';

/**
 * What helps where AWS gave no answer.
 *
 * @param reason the refusal's name, or that of what broke (lib/aws/awsJson.ts)
 * @param permission what it takes to be answered
 */
export function refusalRemedy(reason: string, permission: Bilingual): Bilingual {
  if (reason === 'AccessDeniedException' || /^(KMS|InvalidKeyId$)/.test(reason)) return permission;
  if (/^(InvalidSignature|RequestExpired|RequestTimeTooSkewed)/.test(reason)) {
    return {
      en: 'Set the clock of this machine; if it is right, your secret access key is not: sign in to AWS again.',
      zh: '校准本机时钟；如时钟无误，则是 AWS 密钥有误，请重新登录 AWS。',
    };
  }
  if (/Credential|Token|Client/.test(reason)) {
    return {
      en: 'Sign in to AWS: set AWS_PROFILE, or run aws sso login, and try again.',
      zh: '先登录 AWS（设置 AWS_PROFILE 或运行 aws sso login），再重试。',
    };
  }
  return {
    en: 'Try again; if it stays, check the network from here to AWS: DNS, outgoing HTTPS.',
    zh: '请重试；若仍然如此，检查从本机到 AWS 的网络：DNS、出站 HTTPS。',
  };
}
