import { createObservedUser } from '../directory/observedUser.ts';
import { type BeginSignIn, createBeginSignIn } from '../signin/beginSignIn.ts';
import { createRedeem, type Redeem } from '../signin/redeem.ts';
import { createSignIn, type SignIn } from '../signin/signIn.ts';
import { createStateStore, type StateStore } from '../signin/stateStore.ts';
import { clock, configuration, once } from './base.ts';
import { departments, membershipStore } from './directory.ts';
import { sessions } from './sessions.ts';
import { cacheTable } from './tables.ts';
import { wecom } from './wecom.ts';

/*
 *   cacheTable ─► stateStore ─► beginSignIn
 *                          └──► redeem
 *   wecom, departments ─► signIn ─┤
 *   sessions ─────────────────────┘
 */

const stateStore = /* @__PURE__ */ once((): StateStore => {
  const { corpId, agentId } = configuration();
  return createStateStore(cacheTable(), corpId, agentId);
});

export const beginSignIn = /* @__PURE__ */ once((): BeginSignIn => {
  const { wecomOauthBaseUrl, wecomLoginBaseUrl, corpId, agentId } = configuration();
  const pages = {
    oauthBaseUrl: wecomOauthBaseUrl,
    loginBaseUrl: wecomLoginBaseUrl,
    corpId,
    agentId,
  };
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  return createBeginSignIn(pages, stateStore(), clock, randomBytes);
});

export const signIn = /* @__PURE__ */ once(
  (): SignIn =>
    createSignIn(wecom(), createObservedUser(wecom(), membershipStore(), clock), departments()),
);

export const redeem = /* @__PURE__ */ once(
  (): Redeem =>
    createRedeem({ store: stateStore(), signIn: signIn(), sessions: sessions(), clock }),
);
