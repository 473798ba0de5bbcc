import { expect } from 'vitest';
import { Browser } from './browser.ts';
import { type Behaviour, type LogoutReceiver, startLogoutReceiver } from './logoutReceiver.ts';
import { permit } from './permit.ts';
import {
  authorization,
  type OpenidStack,
  pass,
  payloadOf,
  type RelyingParty,
  redeemCode,
  refresh,
  signIn,
  userinfo,
} from './relyingParty.ts';

/** A client that receives logout tokens. */
export interface Application {
  readonly party: RelyingParty;
  readonly receiver: LogoutReceiver;
}

/** A sign-in at a client, and its tokens. */
export interface SignedIn {
  readonly party: RelyingParty;
  readonly sid: unknown;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
}

/** Steps of the tests of sign-outs. Each test has members and clients of its own. */
export function people(openid: () => OpenidStack) {
  const stack = () => openid().stack;
  let count = 0;

  /** Adds a member with the permission `access`. @returns the userid */
  async function newcomer(): Promise<string> {
    const userid = `person${++count}`;
    stack().wecom.administrator.join({
      userid,
      name: userid,
      department: [2],
      main_department: 2,
      position: '',
      status: 1,
    } as never);
    await permit(stack(), `member#${userid}`);
    await stack().wecom.callbacks.settled();
    await stack().handedOver.settled();
    return userid;
  }

  /** Registers a client that receives logout tokens. */
  async function application(
    behaviour: Behaviour = 'accepts',
    isPublic = false,
  ): Promise<Application> {
    const id = `application-${++count}`;
    const party = {
      id,
      ...(!isPublic && { secret: `the-secret-of-${id}` }),
      redirectUri: `https://${id}.example.com/back`,
    };
    const receiver = await startLogoutReceiver(behaviour);
    await openid().register(party, { refresh: true, backchannelLogoutUri: receiver.url });
    return { party, receiver };
  }

  /** Signs in to one application after another in one browser: at WeCom first, then by the session. */
  async function signInTo(
    userid: string,
    applications: readonly Application[],
    browser = new Browser(),
  ): Promise<SignedIn[]> {
    const all: SignedIn[] = [];
    for (const { party } of applications) {
      const begun = authorization(openid().api, party);
      const back =
        all.length === 0
          ? await signIn(openid(), browser, begun, userid)
          : await pass(browser, begun);
      const { status, body } = await redeemCode(openid().api, begun, back);
      expect(status).toBe(200);
      const { access_token = '', refresh_token = '', id_token = '' } = body;
      all.push({ party, access_token, refresh_token, id_token, sid: payloadOf(id_token)['sid'] });
    }
    return all;
  }

  /** Makes a change in WeCom, and waits until its events and the work that they start have ended. */
  async function happens(change: () => void): Promise<void> {
    change();
    await stack().wecom.callbacks.settled();
    await stack().handedOver.settled();
  }

  /** @returns the statuses of userinfo and a refresh, and the refresh's error */
  async function statusesOf({ party, access_token, refresh_token }: SignedIn) {
    const info = await userinfo(openid().api, access_token);
    const refreshed = await refresh(openid().api, party, refresh_token);
    return [info.status, refreshed.status, refreshed.body['error']];
  }

  /** Authorizes with `prompt=none`. @returns the error, or `signed in` */
  async function silently(browser: Browser, party: RelyingParty) {
    const back = await pass(browser, authorization(openid().api, party, { prompt: 'none' }));
    return back.searchParams.get('error') ?? 'signed in';
  }

  /** Signs out on the provider's page. @param request the query of the application's request */
  async function logout(browser: Browser, answer: Record<string, string>, request = '') {
    const { url } = openid().api;
    const shown = await browser.visit(`${url}/oauth2/logout${request}`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await shown.text())?.[1] ?? '';
    const ended = await browser.visit(`${url}/oauth2/logout/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, ...answer }),
    });
    expect(ended.status).toBe(303);
    await stack().handedOver.settled();
  }

  return { newcomer, application, signInTo, happens, statusesOf, silently, logout };
}
