import type { Refusal } from '../../../packages/client/source/wecomAuth.ts';
import type { Words } from './elements.ts';
import { OpenidFailed } from './openid.ts';

/** What the visitor reads instead of a member. */
export interface Shown {
  readonly text: Words;
  /** For whoever helps them. */
  readonly details: string;
  /** The member did not want to: no error. */
  readonly isCancel: boolean;
  /** The same sign-in can be finished by trying again. */
  readonly canRepeat: boolean;
}

const CANCELLED = { zh: '你取消了登录。', en: 'You cancelled the sign-in.' };
const AGAIN = { zh: '登录状态无效，请重新登录。', en: 'The sign-in is not valid. Sign in again.' };
const FAILED = {
  zh: '登录服务出现问题，请联系管理员。',
  en: 'The sign-in service has an error. Contact the administrator.',
};

/** By the error of OAuth or OpenID Connect, or of this page's checks. */
const BY_OPENID_ERROR: Record<string, Words> = {
  access_denied: {
    zh: '你没有使用这个应用的权限，请联系管理员。',
    en: 'You may not use this application. Contact the administrator.',
  },
  invalid_grant: AGAIN,
  state: AGAIN,
  other_origin: {
    zh: 'OpenID Connect 登录要在提供方的地址打开本页。',
    en: "For OpenID Connect open this page at the provider's own address.",
  },
};

export function shownRefusal(refusal: Refusal): Shown {
  const { text, reason, status, code, message, requestId, retryAfterSeconds } = refusal;
  const details = [status > 0 && `HTTP ${status}`, code > 0 && `errcode ${code}`, message];
  const id = requestId && `\nx-request-id ${requestId}`;
  return {
    text,
    details: details.filter(Boolean).join(' · ') + (id ?? ''),
    isCancel: reason === 'cancelled',
    canRepeat: retryAfterSeconds !== undefined,
  };
}

export function shownError(error: unknown): Shown {
  if (!(error instanceof OpenidFailed)) {
    return { text: FAILED, details: String(error), isCancel: false, canRepeat: false };
  }
  // access_denied is also the error of a member who cancels.
  const isCancel = error.message.includes('cancelled');
  return {
    text: isCancel ? CANCELLED : (BY_OPENID_ERROR[error.error] ?? FAILED),
    details: [error.error, error.message].filter(Boolean).join(': '),
    isCancel,
    canRepeat: false,
  };
}
