import type { Bilingual } from '../bilingual.ts';
import type { WecomAuthError } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import type { Subject } from '../permissions/subject.ts';
import { getDepartment } from '../wecom/api/getDepartment.ts';
import { getTag } from '../wecom/api/getTag.ts';
import { getUser } from '../wecom/api/getUser.ts';
import type { WecomClient } from '../wecom/client.ts';
import { isGroupNotShown, isMemberNotShown, WecomErrcode } from '../wecom/errors.ts';

/**
 * Asks WeCom about a subject with one call; everyone needs none.
 *
 * @returns whether WeCom shows the subject to the app
 * @throws what the call throws, if WeCom could not be asked
 */
export async function isShown(
  subject: Subject,
  client: WecomClient,
  invocation: Invocation,
): Promise<boolean> {
  try {
    switch (subject.kind) {
      case 'member':
        await getUser(client, subject.userid, invocation);
        break;
      case 'department':
        await getDepartment(client, subject.id, invocation);
        break;
      case 'tag':
        await getTag(client, subject.id, invocation);
        break;
      default:
        subject.kind satisfies 'everyone';
    }
    return true;
  } catch (error) {
    const isNotShown = subject.kind === 'member' ? isMemberNotShown : isGroupNotShown;
    if (isNotShown(error)) return false;
    throw error;
  }
}

/** Why WeCom could not be asked, for an administrator. */
export function whyNotAsked(error: WecomAuthError): Bilingual {
  if (!(error instanceof WecomErrcode)) {
    return {
      zh: `企业微信没有应答（${error.code}）`,
      en: `WeCom did not answer (${error.code})`,
    };
  }
  const { errcode, entry } = error;
  return {
    zh: `企业微信返回 ${errcode}：${entry.meaning.zh}`,
    en: `WeCom answered ${errcode}: ${entry.meaning.en}`,
  };
}
