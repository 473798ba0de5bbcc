import type { ExtendedAttribute, Member } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import { DetailedRefusal, type Emulator } from './endpoint.ts';
import { checkMedia } from './messageContent.ts';
import { bytesOf, lengthOf, list, object, text, uint32 } from './parameters.ts';
import { memberOfEmail, memberOfMobile } from './userid.ts';

type Body = Readonly<Record<string, unknown>>;

/**
 * The fields of a member that are given, checked.
 *
 * @param departments the ids that `order` and `is_leader_in_dept` run parallel to
 * @param self the member who is changed; none for a new one
 */
export function memberFields(
  emulator: Emulator,
  body: Body,
  departments: readonly number[],
  self?: Member,
): Partial<Member> {
  const fields: Partial<Member> = {};
  const { name, gender, direct_leader, main_department, telephone, extattr } = body;
  if (name !== undefined) {
    if (text(name) === '' || lengthOf(text(name)) > 64) throw new Refusal(60112);
    fields.name = text(name);
  }
  if (gender !== undefined) {
    const code = String(gender);
    if (code !== '0' && code !== '1' && code !== '2') throw new Refusal(40058);
    fields.gender = code;
  }
  for (const [field, [max, errcode]] of Object.entries(TEXTS)) {
    const value = body[field];
    if (value === undefined) continue;
    if (typeof value !== 'string' || lengthOf(value) > max) throw new Refusal(errcode);
    fields[field as keyof typeof TEXTS] = value;
  }
  if (telephone !== undefined) {
    if (!/^[\d\-+,]{0,32}$/.test(text(telephone))) throw new Refusal(301013);
    fields.telephone = text(telephone);
  }
  for (const field of ['order', 'is_leader_in_dept'] as const) {
    if (body[field] === undefined) continue;
    const numbers = list(body[field]).map((each) => uint32(each) ?? -1);
    const isParallel = numbers.length === departments.length && !numbers.includes(-1);
    if (!isParallel) throw new Refusal(field === 'order' ? 40058 : 60132);
    fields[field] = numbers;
  }
  if (direct_leader !== undefined) {
    const leaders = list(direct_leader).map(text);
    if (leaders.length > 1) throw new Refusal(40058);
    if (leaders.some((userid) => emulator.directory.member(userid) === undefined)) {
      throw new Refusal(60111);
    }
    fields.direct_leader = leaders;
  }
  if (main_department !== undefined) {
    if (!departments.includes(Number(main_department))) throw new Refusal(40058);
    fields.main_department = Number(main_department);
  }
  if (body['avatar_mediaid'] !== undefined) {
    checkMedia(emulator, body['avatar_mediaid'], 'image');
    fields.avatar = `https://wework.qpic.cn/wwpic/emulator_${text(body['avatar_mediaid'])}/0`;
  }
  if (extattr !== undefined) fields.extattr = attributes(object(extattr)['attrs']);
  return { ...fields, ...addresses(emulator, body, self) };
}

/** The most characters, and the errcode of more. */
const TEXTS = {
  alias: [64, 40058],
  position: [128, 301012],
  address: [128, 40058],
} as const;

/** Mobile and e-mails, unique in the company. */
function addresses(emulator: Emulator, body: Body, self?: Member): Partial<Member> {
  const fields: Partial<Member> = {};
  // An active member changes these themselves (document 90197).
  const isOwn = self?.status === 1;
  const mobile = text(body['mobile']);
  if (mobile !== '' && !isOwn) {
    if (!/^[\d\s+-]{5,32}$/.test(mobile)) throw new Refusal(60103);
    const other = memberOfMobile(emulator, mobile);
    if (other !== undefined && other !== self) {
      throw new DetailedRefusal(60104, {}, `:${other.userid}`);
    }
    fields.mobile = mobile;
  }
  for (const [field, [malformed, taken]] of Object.entries(EMAILS)) {
    const key = field as keyof typeof EMAILS;
    const email = text(body[key]);
    if (email === '' || (key === 'email' && isOwn)) continue;
    if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) || bytesOf(email) < 6 || bytesOf(email) > 64) {
      throw new Refusal(malformed);
    }
    const other = memberOfEmail(emulator, key, email);
    if (other !== undefined && other !== self) {
      throw new DetailedRefusal(taken, {}, `:${other.userid}`);
    }
    fields[key] = email;
  }
  return fields;
}

/** The errcodes of an e-mail that is none, and of one that is taken. */
const EMAILS = { email: [60105, 60106], biz_mail: [60143, 60145] } as const;

/** Those of a known type; WeCom ignores others, and those that the administrator did not define. */
function attributes(value: unknown): ExtendedAttribute[] {
  return list(value)
    .map(object)
    .flatMap(({ type = 0, name, value: old, text: plain, web }): ExtendedAttribute[] => {
      if (text(name) === '') return [];
      if (type === 1) {
        const { url, title } = object(web);
        return [{ type, name: text(name), web: { url: text(url), title: text(title) } }];
      }
      const content = object(plain)['value'] ?? old;
      return type === 0 ? [{ type, name: text(name), text: { value: text(content) } }] : [];
    });
}
