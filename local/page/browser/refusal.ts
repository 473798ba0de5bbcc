import { SignInFailed } from '../../../docs/front-end/wecomSignIn.ts';
import { OpenidFailed } from './openid.ts';

/** An error for the visitor: what happened, and what to do. */
export interface Refusal {
  readonly zh: string;
  readonly en: string;
  /** The back end's message or the provider's error. */
  readonly message?: string;
}

const BY_ERRCODE: Record<number, Omit<Refusal, 'message'>> = {
  40029: {
    zh: '授权码无效或已经用过，请重新登录。',
    en: 'The code is invalid or already used. Sign in again.',
  },
  60011: {
    zh: '你不在这个应用的可见范围内，请联系管理员。',
    en: 'You are outside the visible range of this app. Contact the administrator.',
  },
};

const BY_STATUS: Record<number, Omit<Refusal, 'message'>> = {
  0: {
    zh: '你取消了登录。想登录时再点一次即可。',
    en: 'You cancelled the sign-in. Press the button to sign in again.',
  },
  401: {
    zh: '登录未被接受，请重新登录。',
    en: 'The sign-in was not accepted. Sign in again.',
  },
  403: {
    zh: '你不是这家企业的有效成员，无法登录。',
    en: 'You are not an active member of this company.',
  },
  503: {
    zh: '企业微信正忙，请稍等片刻再登录。',
    en: 'WeCom is busy. Wait a moment, then sign in again.',
  },
};

/** By the error of OAuth or OpenID Connect, or of this page's checks. */
const BY_OPENID_ERROR: Record<string, Omit<Refusal, 'message'>> = {
  access_denied: {
    zh: '你没有使用这个应用的权限，请联系管理员。',
    en: 'You may not use this application. Contact the administrator.',
  },
  invalid_grant: {
    zh: '授权码无效或已经用过，请重新登录。',
    en: 'The code is invalid or already used. Sign in again.',
  },
  other_origin: {
    zh: 'OpenID Connect 登录要在提供方的地址打开本页。',
    en: "For OpenID Connect open this page at the provider's own address.",
  },
  state: {
    zh: '登录未被接受，请重新登录。',
    en: 'The sign-in was not accepted. Sign in again.',
  },
};

const ANYTHING_ELSE = {
  zh: '登录服务出现问题，请稍后再试；如果持续出现，请将发生时间告知管理员。',
  en: 'The sign-in service has an error. Try again later. If it continues, tell the administrator the time.',
};

export function refusalOf(error: unknown): Refusal {
  if (error instanceof OpenidFailed) {
    // access_denied is also the error of a member who cancels.
    const cancelled = error.message.includes('cancelled') ? BY_STATUS[0] : undefined;
    const words = cancelled ?? BY_OPENID_ERROR[error.error] ?? ANYTHING_ELSE;
    return { ...words, message: [error.error, error.message].filter(Boolean).join(': ') };
  }
  if (!(error instanceof SignInFailed)) return ANYTHING_ELSE;
  const { code, status, message } = error;
  const words = BY_ERRCODE[code] ?? BY_STATUS[status] ?? ANYTHING_ELSE;
  return status === 0 ? words : { ...words, message: `${message} (${code})` };
}
