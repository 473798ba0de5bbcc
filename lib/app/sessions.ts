import { createParameter } from '../parameters/parameter.ts';
import { createPublishedKeySet, type PublishedKeySet } from '../session/publishedKeySet.ts';
import { createSessions, type Sessions, type SessionTerms } from '../session/sessions.ts';
import { type Authenticate, createVerifySession } from '../session/verifySession.ts';
import { clock, configuration, once } from './base.ts';
import { fetchParameter } from './parameters.ts';

/*
 * The wiring of sessions: publishing and checking them needs neither
 * DynamoDB nor WeCom.
 *
 *   configuration ─► ssm ─► sessionKeys ─► sessions, publishedKeySet ─► verifySession
 */

const sessionKeys = /* @__PURE__ */ once(() =>
  createParameter(configuration().sessionKeysParameter, fetchParameter(), clock),
);

function sessionTerms(): SessionTerms {
  const { sessionIssuer, sessionAudience, corpId, agentId } = configuration();
  return { issuer: sessionIssuer, audience: sessionAudience, corpId, agentId };
}

export const sessions = /* @__PURE__ */ once(
  (): Sessions => createSessions(sessionTerms(), sessionKeys(), clock),
);

export const publishedKeySet = /* @__PURE__ */ once(
  (): PublishedKeySet => createPublishedKeySet(sessionKeys(), clock),
);

export const verifySession = /* @__PURE__ */ once(
  (): Authenticate => createVerifySession(sessionTerms(), publishedKeySet(), clock),
);
