import type { Bilingual } from '../../lib/bilingual.ts';

export const SIGN_IN_TO_AWS: Bilingual = {
  en: 'Sign in to AWS: set AWS_PROFILE, or run aws sso login, and try again.',
  zh: '先登录 AWS（设置 AWS_PROFILE 或运行 aws sso login），再重试。',
};
const SET_THE_CLOCK: Bilingual = {
  en: 'Set the clock of this machine. If it is right, your secret access key is wrong: sign in to AWS again.',
  zh: '校准本机时钟。如果时钟无误，则 AWS 密钥有误，请重新登录 AWS。',
};
const CHECK_THE_NETWORK: Bilingual = {
  en: 'AWS cannot be reached from this machine. Check the network, the proxy and --region.',
  zh: '从本机无法连接 AWS。检查网络、代理和 --region。',
};

const NETWORK =
  /^(ENOTFOUND|EAI_AGAIN|ECONNRESET|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EPIPE|ETIMEDOUT|TimeoutError|(connect-)?timeout)$/;

/** Whether the request did not reach AWS, so that nothing is known about the credentials. */
export function isUnreachable(error: unknown): boolean {
  return namesOf(error).some((name) => NETWORK.test(name));
}

/** @param error an error of the SDK, or its name */
function namesOf(error: unknown): string[] {
  const { name, code } = error as { name?: unknown; code?: unknown };
  return typeof error === 'string' ? [error] : [String(name), String(code)];
}

/**
 * @param error an error of the SDK, or its name (lib/awsClient.ts)
 * @returns what to do if AWS refused the credentials or could not be reached; nothing for other errors
 */
export function awsRemedy(error: unknown): Bilingual | undefined {
  const is = (pattern: RegExp) => namesOf(error).some((each) => pattern.test(each));
  if (is(/^(InvalidSignature|SignatureDoesNotMatch|RequestExpired|RequestTimeTooSkewed)/))
    return SET_THE_CLOCK;
  if (is(/^(CredentialsProviderError|ExpiredToken|UnrecognizedClient|InvalidClientTokenId)/)) {
    return SIGN_IN_TO_AWS;
  }
  return isUnreachable(error) ? CHECK_THE_NETWORK : undefined;
}

/**
 * As `awsRemedy`, for a command that talks to AWS or to the local stack.
 *
 * @param command as in `npm run <command>`
 */
export function stageRemedy(error: unknown, stage: string, command: string): Bilingual | undefined {
  return stage === 'local' && isUnreachable(error) ? startFirst(command) : awsRemedy(error);
}

/** What to do if a service of the local stack does not respond. @param command as in `npm run <command>` */
export function startFirst(command: string): Bilingual {
  return {
    en: `The local stack is not running, or it uses another port. Run npm start first; with another port: PORT=… npm run ${command}`,
    zh: `本机环境未运行，或使用了其他端口。请先运行 npm start；使用其他端口时：PORT=… npm run ${command}`,
  };
}

/** As `awsRemedy`, for a call that needs a permission. @param permission what to do if it is missing */
export function refusalRemedy(reason: string, permission: Bilingual): Bilingual {
  if (reason === 'AccessDeniedException' || /^(KMS|InvalidKeyId$)/.test(reason)) return permission;
  return (
    awsRemedy(reason) ?? {
      en: 'Try again. If the error stays, check the network from this machine to AWS: DNS, outgoing HTTPS.',
      zh: '请重试。如果错误依旧，检查从本机到 AWS 的网络：DNS、出站 HTTPS。',
    }
  );
}
