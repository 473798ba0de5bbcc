import { showSubject } from '../../lib/administration/grantJson.ts';
import { isShown, whyNotAsked } from '../../lib/administration/shown.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import { systemClock } from '../../lib/clock.ts';
import { ROOT_DEPARTMENT } from '../../lib/directory/membership.ts';
import { WecomAuthError } from '../../lib/errors.ts';
import type { Invocation } from '../../lib/invocation.ts';
import { parseSubjectKey, type Subject } from '../../lib/permissions/subject.ts';
import { tokenKey } from '../../lib/tableKeys.ts';
import { DynamoTokenStore } from '../../lib/token/dynamoTokenStore.ts';
import { createWecomClient, type WecomClient } from '../../lib/wecom/client.ts';
import { WecomErrcode } from '../../lib/wecom/errors.ts';
import type { Work } from './work.ts';

/** An import may name thousands, and each needs a call to WeCom. Sign-ins share its rate limit. */
const MAX_SUBJECTS = 50;
const AT_ONCE = 5;
/** For all calls together: an administrator is waiting. */
const TIMEOUT_MS = 10_000;

/**
 * Warns of subjects that WeCom does not show to the app: their grants have no effect. It uses the shared
 * access_token and never calls gettoken. If WeCom cannot be called, it prints one line and does not fail.
 */
export async function warnOfUnseen(subjects: readonly string[], work: Work): Promise<void> {
  const { say, warn } = work;
  const named = [...new Set(subjects)].flatMap((key) => {
    const subject = parseSubjectKey(key);
    const isAlways = subject?.kind === 'department' && subject.id === ROOT_DEPARTMENT;
    return subject === undefined || subject.kind === 'everyone' || isAlways
      ? []
      : [{ key, subject }];
  });
  if (named.length === 0) return;

  const client = await authorizedClient(work);
  if (typeof client !== 'function') return warn(say(notChecked(client)));
  const invocation = quietInvocation();
  const some = named.slice(0, MAX_SUBJECTS);
  for (let from = 0; from < some.length; from += AT_ONCE) {
    const asked = await Promise.all(
      some.slice(from, from + AT_ONCE).map(async ({ key, subject }) => {
        return { key, shown: await askedAbout(subject, client, invocation) };
      }),
    );
    for (const { key } of asked.filter(({ shown }) => shown === false)) warn(say(unseen(key)));
    const failed = asked.find(({ shown }) => typeof shown === 'object')?.shown;
    if (typeof failed === 'object') return warn(say(notChecked(failed)));
  }
  const rest = named.length - some.length;
  if (rest > 0) {
    warn(
      say({
        zh: `其余 ${rest} 个授权对象没有向企业微信核对。`,
        en: `${rest} more subjects were not checked with WeCom.`,
      }),
    );
  }
}

/** @returns a client with the shared access_token, or the reason why there is none */
async function authorizedClient({ stage, clock }: Work): Promise<WecomClient | Bilingual> {
  const { app, cacheTable, wecomApiBaseUrl } = stage;
  const key = tokenKey(app.corpId, app.agentId);
  const store = new DynamoTokenStore({ table: cacheTable, key, clock: systemClock });
  const record = await store.read().catch((error: unknown) => {
    if (!(error instanceof WecomAuthError)) throw error;
    return undefined;
  });
  if (record === undefined) {
    return { zh: '读不到缓存表', en: 'the cache table could not be read' };
  }
  const { token } = record;
  if (token === undefined || token.expiresAt <= clock.now()) {
    return {
      zh: '没有可用的 access_token，下次登录后才有',
      en: 'there is no valid access_token; the next sign-in gets one',
    };
  }
  const client = createWecomClient(wecomApiBaseUrl, systemClock);
  return (call, invocation) =>
    client({ ...call, query: { access_token: token.value, ...call.query } }, invocation);
}

/** @returns whether WeCom shows the subject to the app, or the reason why it could not be asked */
async function askedAbout(
  subject: Subject,
  client: WecomClient,
  invocation: Invocation,
): Promise<boolean | Bilingual> {
  try {
    return await isShown(subject, client, invocation);
  } catch (error) {
    if (!(error instanceof WecomAuthError)) throw error;
    if (error instanceof WecomErrcode && error.errcode === 60020) {
      return {
        zh: '本机 IP 不在企业可信IP之内（60020）',
        en: "this machine's IP address is not listed in WeCom (60020)",
      };
    }
    return whyNotAsked(error);
  }
}

function unseen(key: string): Bilingual {
  const subject = showSubject(key);
  return {
    zh: `注意：企业微信没有向本应用展示 ${subject}。在可见之前，这条授权不起作用。`,
    en: `Warning: WeCom does not show ${subject} to this app. Until it does, the grant has no effect.`,
  };
}

function notChecked({ zh, en }: Bilingual): Bilingual {
  return {
    zh: `未向企业微信核对授权对象是否可见：${zh}。`,
    en: `Not checked whether WeCom shows the subjects: ${en}.`,
  };
}

function quietInvocation(): Invocation {
  const nothing = () => undefined;
  return {
    requestId: 'permissions',
    deadline: systemClock.now() + TIMEOUT_MS,
    log: { info: nothing, warn: nothing, error: nothing, metric: nothing },
    waitedForWecom: nothing,
    count: nothing,
    note: nothing,
    noteMember: nothing,
    waitUntil: (work) => void work.catch(nothing),
  };
}
