import { SignInFailed } from '../../../docs/front-end/wecomSignIn.ts';

/** What went wrong, in a person's words: what happened, and what to do. */
export interface Refusal {
  readonly zh: string;
  readonly en: string;
  /** What the back end itself said. */
  readonly said?: string;
}

const BY_ERRCODE: Record<number, Omit<Refusal, 'said'>> = {
  40029: {
    zh: '授权码无效或已经用过，请重新登录。',
    en: 'The code is invalid or was used before: sign in again.',
  },
  60011: {
    zh: '你不在这个应用的可见范围内，请联系管理员。',
    en: 'You are outside the visible range of this app: ask the administrator.',
  },
};

const BY_STATUS: Record<number, Omit<Refusal, 'said'>> = {
  0: {
    zh: '你取消了登录。想登录时再点一次即可。',
    en: 'You refused. Press the button again whenever you like.',
  },
  401: {
    zh: '这次登录没有被接受，请重新登录。',
    en: 'This sign-in was not accepted: sign in again.',
  },
  403: {
    zh: '你不是这家企业的有效成员，无法登录。',
    en: 'You are not an active member of this company.',
  },
  503: {
    zh: '企业微信正忙，请稍等片刻再登录。',
    en: 'WeCom is busy: wait a moment, then sign in again.',
  },
};

const ANYTHING_ELSE = {
  zh: '登录服务出了问题，请稍后再试；若一直如此，请把时间告诉管理员。',
  en: 'The sign-in service has a problem: try later, and tell the administrator when it happened.',
};

export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof SignInFailed)) return ANYTHING_ELSE;
  const { code, status, message } = error;
  const words = BY_ERRCODE[code] ?? BY_STATUS[status] ?? ANYTHING_ELSE;
  return status === 0 ? words : { ...words, said: `${message} (${code})` };
}
