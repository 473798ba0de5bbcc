import type { Bilingual } from '../../lib/bilingual.ts';

export const SIGN_IN_TO_AWS: Bilingual = {
  en: 'Sign in to AWS: set AWS_PROFILE, or run aws sso login, and try again.',
  zh: '先登录 AWS（设置 AWS_PROFILE 或运行 aws sso login），再重试。',
};
const SET_THE_CLOCK: Bilingual = {
  en: 'Set the clock of this machine; if it is right, your secret access key is not: sign in to AWS again.',
  zh: '校准本机时钟；如时钟无误，则是 AWS 密钥有误，请重新登录 AWS。',
};
const CHECK_THE_NETWORK: Bilingual = {
  en: 'AWS cannot be reached from here: check the network, the proxy and --region.',
  zh: '从这里连不上 AWS：检查网络、代理和 --region。',
};

const NETWORK = /^(ENOTFOUND|EAI_AGAIN|ECONNRESET|ETIMEDOUT|TimeoutError|(connect-)?timeout)$/;

/**
 * What to do where AWS refused whoever asked, or could not be reached; nothing for any other trouble.
 *
 * @param trouble the name of a refusal or of what broke (lib/awsClient.ts), or an error of the SDK
 */
export function awsRemedy(trouble: unknown): Bilingual | undefined {
  const { name, code } = trouble as { name?: unknown; code?: unknown };
  const names = typeof trouble === 'string' ? [trouble] : [String(name), String(code)];
  const is = (pattern: RegExp) => names.some((each) => pattern.test(each));
  if (is(/^(InvalidSignature|RequestExpired|RequestTimeTooSkewed)/)) return SET_THE_CLOCK;
  if (is(/^(CredentialsProviderError|ExpiredToken|UnrecognizedClient|InvalidClientTokenId)/)) {
    return SIGN_IN_TO_AWS;
  }
  return is(NETWORK) ? CHECK_THE_NETWORK : undefined;
}

/** The same where a permission may be what is missing. @param permission which, and how to get it */
export function refusalRemedy(reason: string, permission: Bilingual): Bilingual {
  if (reason === 'AccessDeniedException' || /^(KMS|InvalidKeyId$)/.test(reason)) return permission;
  return (
    awsRemedy(reason) ?? {
      en: 'Try again; if it stays, check the network from here to AWS: DNS, outgoing HTTPS.',
      zh: '请重试；若仍然如此，检查从本机到 AWS 的网络：DNS、出站 HTTPS。',
    }
  );
}
