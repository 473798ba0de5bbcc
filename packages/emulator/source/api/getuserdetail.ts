import { SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';
import { substituted } from './memberObject.ts';
import { expiredTicket, invisible, nobody } from './rules.ts';

/** What WeCom shows for somebody who gave no picture; the address is the emulator's own. */
const DEFAULT_AVATAR = 'https://wework.qpic.cn/wwpic/emulator_default_avatar/0';

/** POST auth/getuserdetail (document 95833). Never a name; a field needs the administrator's tick and the member's consent. */
export const getUserDetail: Endpoint = {
  path: 'auth/getuserdetail',
  document: 95833,
  method: 'POST',
  token: true,
  only: 'app',
  answer({ directory, behaviour, userTickets }, { body, otherMember }, app) {
    const given = body['user_ticket'];
    if (given === undefined || given === '') throw new Refusal(84090);
    if (typeof given !== 'string') throw new Refusal(84015);
    const ticket = userTickets.redeem(given, app.agentid);
    if (ticket === 'invalid') throw new Refusal(84015);
    if (ticket === 'expired')
      throw new Refusal(84014, expiredTicket(behaviour.userTicketLifetimeSeconds));
    const found = directory.member(ticket.userid);
    if (found === undefined) throw new Refusal(60111, nobody(ticket.userid));
    if (!directory.isVisible(app, found)) throw new Refusal(60011, invisible(found.userid, app));
    const member = substituted(directory, found, otherMember);

    const detail: Record<string, unknown> = { userid: member.userid };
    for (const field of SENSITIVE_FIELDS) {
      const allowed = app.sensitive_fields.includes(field) && ticket.fields.includes(field);
      const value = allowed ? (member[field] ?? withheld(field)) : withheld(field);
      if (value !== undefined) detail[field] = value;
    }
    return detail;

    function withheld(field: SensitiveField): string | undefined {
      if (field === 'gender') return '0';
      if (field === 'avatar' && behaviour.withheldAvatar === 'default') return DEFAULT_AVATAR;
      return behaviour.withheldField === 'empty' ? '' : undefined;
    }
  },
};

/** POST user/getuserdetail: the address from before the renaming, said to work still. */
export const legacyGetUserDetail: Endpoint = { ...getUserDetail, path: 'user/getuserdetail' };
