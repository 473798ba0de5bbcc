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

/** A client with its own address for logout tokens. */
export interface Told {
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

/** What tests of sign-outs do, each with members and clients of its own. */
export function people(openid: () => OpenidStack) {
  const stack = () => openid().stack;
  let count = 0;

  /** A member who may use everything. */
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

  /** A client that has its own address for logout tokens. */
  async function application(behaviour: Behaviour = 'takes', isPublic = false): Promise<Told> {
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

  /** Signs in to one application after another, with one browser and one scan. */
  async function signInTo(
    userid: string,
    applications: readonly Told[],
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

  /** WeCom's event reaches us, and all that follows from it is done. */
  async function happens(change: () => void): Promise<void> {
    change();
    await stack().wecom.callbacks.settled();
    await stack().handedOver.settled();
  }

  async function statusesOf({ party, access_token, refresh_token }: SignedIn) {
    const info = await userinfo(openid().api, access_token);
    const refreshed = await refresh(openid().api, party, refresh_token);
    return [info.status, refreshed.status, refreshed.body['error']];
  }

  /** What an authorization without any page comes to. */
  async function silently(browser: Browser, party: RelyingParty) {
    const back = await pass(browser, authorization(openid().api, party, { prompt: 'none' }));
    return back.searchParams.get('error') ?? 'signed in';
  }

  /** Answers the provider's own question. @param request of the application, as a query */
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
