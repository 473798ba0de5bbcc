import type { Bilingual } from '../bilingual.ts';
import type { Details } from '../errors.ts';
import { errcodeEntry } from '../wecom/errcodes.ts';
import { exhaustedUntil, wasRefused } from './breaker.ts';
import type { TokenKind } from './tokenKind.ts';
import type { Breaker } from './tokenStore.ts';

/**
 * What an operator can do about a breaker that is open.
 *
 * @param now milliseconds since the epoch
 */
export function adviceOn(breaker: Breaker, kind: TokenKind, now: number): Details {
  if (wasRefused(breaker)) {
    const { meaning, remedy } = errcodeEntry(breaker.errcode);
    const next = kind.isForSignIn
      ? nextCallAdvice(exhaustedUntil(breaker), now)
      : ticketAdvice(kind);
    return {
      meaning: meaning.en,
      advice: `${remedy.en} ${next.en}`,
      adviceZh: `${remedy.zh} ${next.zh}`,
    };
  }
  const { en, zh } = adviceOnSilence(breaker, kind);
  return { advice: en, adviceZh: zh };
}

function adviceOnSilence({ reason }: Breaker, { api, isForSignIn }: TokenKind): Bilingual {
  switch (reason) {
    case 'unreported':
      return {
        en: `Instances that call ${api} end before they can write the outcome. Look for crashes, timeouts and refused DynamoDB writes.`,
        zh: `调用 ${api} 的实例未能写入结果就已结束。请查找崩溃、超时以及被拒绝的 DynamoDB 写入。`,
      };
    case 'no-secret':
      return isForSignIn
        ? {
            en: 'SSM did not give the latest secret, so gettoken is not called. SSM is read again at openUntil.',
            zh: '未能从 SSM 取得最新的 Secret，因此不调用 gettoken。openUntil 时会再次读取 SSM。',
          }
        : {
            en: `There is no access_token, so ${api} is not called. It is tried again at openUntil.`,
            zh: `没有 access_token，因此不调用 ${api}。openUntil 时会再次尝试。`,
          };
    case 'closed':
      return {
        en: `${api} was called five times within an hour, so it is called once in ten minutes: WeCom allows 100 tickets an hour.`,
        zh: `一小时内已调用 ${api} 五次，之后每十分钟调用一次：企业微信每小时只允许获取 100 次。`,
      };
    default:
      return {
        en: `WeCom gives no token. ${api} is called again at openUntil.`,
        zh: `企业微信没有返回凭证。openUntil 时会再次调用 ${api}。`,
      };
  }
}

function ticketAdvice({ api }: TokenKind): Bilingual {
  return {
    en: `${api} is called again at openUntil.`,
    zh: `openUntil 时会再次调用 ${api}。`,
  };
}

/** When gettoken is called next, and what makes that sooner. */
function nextCallAdvice(exhausted: number, now: number): Bilingual {
  if (exhausted <= now) {
    return {
      en: 'Write the parameter again, even with the same value: sign-in tries it within ten seconds, without a deployment.',
      zh: '重新写入该参数（即使值相同），登录会在十秒内重试，无需重新部署。',
    };
  }
  const until = new Date(exhausted).toISOString();
  return {
    en: `Ten gettoken calls have failed within an hour, so none is made before ${until}, whatever the parameter holds: WeCom would ban the address.`,
    zh: `一小时内 gettoken 已失败十次。为避免企业微信封禁出口 IP，${until} 之前不再调用，无论该参数的值是什么。`,
  };
}
