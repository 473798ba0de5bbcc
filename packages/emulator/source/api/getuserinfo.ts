import { type CodeGrant, DEMONSTRATION_CODE } from '../credentials/codes.ts';
import { type App, SENSITIVE_FIELDS, type Visitor } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { Rule } from '../wire/rule.ts';
import type { Call, Emulator, Endpoint } from './endpoint.ts';
import {
  CODE_BY_CONTACTS_SYNC,
  CODE_OF_ANOTHER_KIND,
  codeOfAnotherApp,
  expiredCode,
  GONE_WITH_CODE,
  UNKNOWN_CODE,
  USED_CODE,
  untrustedHost,
} from './rules.ts';

/** Who came with a code: the names of the current endpoint, lower case throughout (documents 91023 and 98176). */
interface Identity {
  userid?: string;
  user_ticket?: string;
  openid?: string;
  external_userid?: string;
}

/** GET auth/getuserinfo. */
export const getUserInfo: Endpoint = {
  path: 'auth/getuserinfo',
  document: 91023,
  method: 'GET',
  token: true,
  answer: (emulator, call, app) => ({ ...identify(emulator, call, app) }),
};

/** GET user/getuserinfo: the address from before the renaming, with its own spelling and an expires_in. */
export const legacyGetUserInfo: Endpoint = {
  path: 'user/getuserinfo',
  document: 91023,
  method: 'GET',
  token: true,
  answer(emulator, call, app) {
    const { userid, user_ticket, openid, external_userid } = identify(emulator, call, app);
    return {
      ...(userid !== undefined && { UserId: userid }),
      ...(openid !== undefined && { OpenId: openid }),
      // Never empty in old samples; its form is unverified.
      DeviceId: 'EmulatedDevice0001',
      ...(external_userid !== undefined && { external_userid }),
      // Old samples show 7200 here; the ticket's real life is given instead. Unverified.
      ...(user_ticket !== undefined && {
        user_ticket,
        expires_in: emulator.behaviour.userTicketLifetimeSeconds,
      }),
    };
  },
};

/** The codes of mini-programs and of second verification are others'. */
const WEB: ReadonlySet<string> = new Set(['oauth2', 'wwlogin', 'qrConnect']);

function identify(emulator: Emulator, { query }: Call, app: App): Identity {
  const code = query.get('code') ?? '';
  if (code === '') throw new Refusal(41008);
  const grant =
    code === DEMONSTRATION_CODE ? demonstration(emulator, app) : emulator.codes.find(code);
  if (grant === undefined) throw new Refusal(40029, lostCode(emulator, code));
  if (!WEB.has(grant.origin)) throw new Refusal(40029, CODE_OF_ANOTHER_KIND);
  const broken = brokenRule(grant, app);
  if (broken !== undefined) throw new Refusal(50001, broken);
  emulator.codes.consume(code);
  return 'visitor' in grant.who
    ? visitorIdentity(emulator, app, grant.who.visitor)
    : memberIdentity(emulator, app, grant, grant.who.userid);
}

/** 50001: another app's code, the contacts-sync secret, or a host that is not (or no longer) trusted. */
function brokenRule(grant: CodeGrant, app: App): Rule | undefined {
  if (app.kind !== 'app') return CODE_BY_CONTACTS_SYNC;
  if (grant.agentid !== undefined && grant.agentid !== app.agentid) {
    return codeOfAnotherApp(grant.agentid, app.agentid);
  }
  const hosts =
    grant.origin === 'oauth2'
      ? app.trusted_domains
      : [...app.trusted_domains, ...app.web_login_domains];
  return hosts.includes(grant.redirectHost)
    ? undefined
    : untrustedHost(grant.redirectHost, app.name, hosts);
}

function lostCode({ codes, behaviour }: Emulator, code: string): Rule {
  const fate = codes.fate(code);
  if (fate === 'used') return USED_CODE;
  return fate === 'expired' ? expiredCode(behaviour.codeLifetimeSeconds) : UNKNOWN_CODE;
}

/** The userid comes whether or not the member is visible; the ticket only for one who is. */
function memberIdentity(emulator: Emulator, app: App, grant: CodeGrant, userid: string): Identity {
  const member = emulator.directory.member(userid);
  // Gone between the page and the exchange. Unverified which code says so.
  if (member === undefined) throw new Refusal(40029, GONE_WITH_CODE);
  const ticketed =
    grant.origin === 'oauth2' &&
    grant.scope === 'snsapi_privateinfo' &&
    emulator.directory.isVisible(app, member);
  if (!ticketed) return { userid: member.userid };
  const user_ticket = emulator.userTickets.issue({
    agentid: app.agentid,
    userid: member.userid,
    fields: grant.fields,
  });
  return { userid: member.userid, user_ticket };
}

function visitorIdentity(emulator: Emulator, app: App, id: string): Identity {
  const visitor = emulator.company.visitors.find((candidate) => candidate.id === id);
  if (visitor === undefined) throw new Refusal(40029);
  if (visitor.kind === 'linked') return { userid: `${visitor.corpid}/${visitor.userid}` };
  return { openid: visitor.openid, ...externalUserid(emulator, app, visitor) };
}

/** A customer's external_userid is given only while the member who follows them is visible. */
function externalUserid(emulator: Emulator, app: App, visitor: Visitor): Identity {
  if (visitor.kind !== 'customer') return {};
  const follower = emulator.directory.member(visitor.follower);
  if (follower === undefined || !emulator.directory.isVisible(app, follower)) return {};
  return { external_userid: visitor.external_userid };
}

function demonstration(emulator: Emulator, app: App): CodeGrant | undefined {
  if (emulator.directory.member('user123') === undefined) return undefined;
  return {
    agentid: app.agentid,
    redirectHost: app.trusted_domains[0] ?? '',
    who: { userid: 'user123' },
    scope: 'snsapi_privateinfo',
    origin: 'oauth2',
    fields: SENSITIVE_FIELDS,
  };
}
