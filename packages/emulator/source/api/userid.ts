import { createHash } from 'node:crypto';
import type { App, Member } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint, Emulator } from './endpoint.ts';
import { bytesOf, text } from './parameters.ts';

/** POST user/getuserid (document 95402). 46004 for a number that is unknown or of a member out of range. */
export const userGetuserid: AppEndpoint = {
  path: 'user/getuserid',
  document: 95402,
  method: 'POST',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    const mobile = text(body['mobile']);
    if (mobile === '') throw new Refusal(40063);
    if (bytesOf(mobile) < 5 || bytesOf(mobile) > 32) throw new Refusal(40058);
    return { userid: seen(emulator, app, memberOfMobile(emulator, mobile)).userid };
  },
};

/** POST user/get_userid_by_email (document 95895): the company's e-mail by default, the member's own for 2. */
export const userGetUseridByEmail: AppEndpoint = {
  path: 'user/get_userid_by_email',
  document: 95895,
  method: 'POST',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    const email = text(body['email']);
    const type = body['email_type'] ?? 1;
    if (email === '') throw new Refusal(40063);
    if (type !== 1 && type !== 2) throw new Refusal(40058);
    const member = memberOfEmail(emulator, type === 1 ? 'biz_mail' : 'email', email);
    return { userid: seen(emulator, app, member).userid };
  },
};

/**
 * POST user/convert_to_openid (document 90202). 43004 for a member who has not logged in by WeChat: here one
 * who is not activated. The openid is made from the userid, so that a new userid has another one.
 */
export const convertToOpenid: AppEndpoint = {
  path: 'user/convert_to_openid',
  document: 90202,
  method: 'POST',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    const userid = text(body['userid']);
    if (userid === '') throw new Refusal(41009);
    const member = emulator.directory.member(userid);
    if (member === undefined) throw new Refusal(60111);
    if (!emulator.directory.isVisible(app, member)) throw new Refusal(60011);
    if (member.status === 4) throw new Refusal(43004);
    return { openid: openidOf(emulator, member) };
  },
};

/** POST user/convert_to_userid (document 90202). */
export const convertToUserid: AppEndpoint = {
  path: 'user/convert_to_userid',
  document: 90202,
  method: 'POST',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    const openid = text(body['openid']);
    const member = memberOfOpenid(emulator, openid);
    if (member === undefined) throw new Refusal(40073);
    if (!emulator.directory.isVisible(app, member)) throw new Refusal(60011);
    return { userid: member.userid };
  },
};

/** The member with this mobile: with or without +86, with or without spaces. */
export function memberOfMobile({ company }: Emulator, mobile: string): Member | undefined {
  const wanted = plainMobile(mobile);
  const end = wanted.slice(-4);
  // The end first: a company may have 100 000 members.
  return company.members.find(
    (member) => member.mobile?.endsWith(end) && plainMobile(member.mobile) === wanted,
  );
}

export function memberOfEmail(
  { company }: Emulator,
  field: 'email' | 'biz_mail',
  email: string,
): Member | undefined {
  const wanted = email.toLowerCase();
  return company.members.find(
    (member) => member[field]?.length === wanted.length && member[field].toLowerCase() === wanted,
  );
}

function plainMobile(mobile: string): string {
  return mobile.replace(/[\s-]/g, '').replace(/^\+86/, '');
}

function seen({ directory }: Emulator, app: App, member: Member | undefined): Member {
  if (member === undefined || !directory.isVisible(app, member)) throw new Refusal(46004);
  return member;
}

function memberOfOpenid(emulator: Emulator, openid: string): Member | undefined {
  const end = Number.parseInt(openid.slice(-CHECKSUM_LENGTH), 16);
  return emulator.company.members.find(
    (each) => checksum(openidText(emulator, each)) === end && openidOf(emulator, each) === openid,
  );
}

/**
 * The end is a checksum, by which the member is found: a SHA-256 of each of 100 000 members would take more
 * than 100 ms.
 */
function openidOf(emulator: Emulator, member: Member): string {
  const text = openidText(emulator, member);
  const start = createHash('sha256').update(text).digest('base64url');
  const end = checksum(text).toString(16).padStart(CHECKSUM_LENGTH, '0');
  return `o${start.slice(0, 27 - CHECKSUM_LENGTH)}${end}`;
}

function openidText({ company }: Emulator, { userid }: Member): string {
  return `${company.corpid} ${userid.toLowerCase()}`;
}

/** Hexadecimal digits. */
const CHECKSUM_LENGTH = 8;

/** FNV-1a of the UTF-16 code units, 32 bits. */
function checksum(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
