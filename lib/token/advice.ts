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
  const { api, isForSignIn } = kind;
  if (wasRefused(breaker)) {
    const { meaning, remedy } = errcodeEntry(breaker.errcode);
    const next = isForSignIn ? nextCallAdvice(exhaustedUntil(breaker), now) : ticketAdvice(kind);
    return {
      meaning: meaning.en,
      advice: `${remedy.en} ${next.en}`,
      adviceZh: `${remedy.zh} ${next.zh}`,
    };
  }
  switch (breaker.reason) {
    case 'unreported':
      return {
        advice: `Instances that call ${api} end before they can write the outcome. Look for crashes, timeouts and refused DynamoDB writes.`,
      };
    case 'no-secret':
      return {
        advice: isForSignIn
          ? 'SSM did not give the latest secret, so gettoken is not called. SSM is read again at openUntil.'
          : `There is no access_token, so ${api} is not called. It is tried again at openUntil.`,
      };
    case 'closed':
      return {
        advice: `${api} was called five times within an hour, so it is called once in ten minutes: WeCom allows 100 tickets an hour.`,
      };
    default:
      return { advice: `WeCom gives no token. ${api} is called again at openUntil.` };
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
