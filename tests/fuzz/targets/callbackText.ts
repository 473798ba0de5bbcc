import { CallbackRefused } from '../../../lib/callback/errors.ts';
import { readEvent } from '../../../lib/callback/event.ts';
import { readEnvelope, readXml } from '../../../lib/callback/xml.ts';
import { isUserid } from '../../../lib/wecom/userid.ts';
import { must, refusedBy, type Target } from '../target.ts';

/* The XML of a push, outside and inside: no DTD, no entity, no prototype; never a member not in the text. */

const CONTEXT = { corpId: 'ww1', agentId: '1000002', now: 1.8e12, sentAt: 1.8e12 };

const event = (fields: string) =>
  `<xml><ToUserName><![CDATA[ww1]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName><CreateTime>1800000000</CreateTime><MsgType><![CDATA[event]]></MsgType><AgentID>1000002</AgentID>${fields}</xml>`;

export default {
  seeds: [
    '<xml><ToUserName>ww1</ToUserName><Encrypt><![CDATA[YWJj]]></Encrypt><AgentID>1</AgentID></xml>',
    event('<Event>subscribe</Event><EventKey></EventKey>'),
    event(
      '<Event>change_contact</Event><ChangeType>update_user</ChangeType><UserID>a</UserID><NewUserID>b</NewUserID>',
    ),
    event('<Event>change_contact</Event><ChangeType>update_party</ChangeType><Id>2</Id>'),
    event(
      '<Event>change_contact</Event><ChangeType>update_tag</ChangeType><TagId>1</TagId><AddUserItems>a,b</AddUserItems>',
    ),
    event(
      '<Event>change_contact</Event><ChangeType>create_user</ChangeType><UserID>a<![CDATA[b]]></UserID>',
    ),
    event('<Event>open_approval_change</Event><ApprovalInfo><A><B>1</B></A></ApprovalInfo>'),
    '<?xml version="1.0"?><!DOCTYPE xml [<!ENTITY a "b">]><xml>&a;</xml>',
  ],
  run(input) {
    const text = input.toString();
    const envelope = refusedBy([CallbackRefused], () => readEnvelope(text));
    if (envelope !== undefined) must(text.includes('<Encrypt'), 'an envelope without <Encrypt>');
    const fields = readXml(text);
    if (fields !== undefined) {
      must(!text.split('<![CDATA[')[0]?.includes('<!DOCTYPE'), 'a DTD was read');
      must(({} as { polluted?: unknown }).polluted === undefined, 'a prototype was changed');
    }
    const read = readEvent(text, CONTEXT);
    // A field may be written in several pieces, with CDATA or without.
    const joined = text.replace(/<!\[CDATA\[|\]\]>/g, '');
    for (const name of ['userid', 'newUserid'] as const) {
      const userid: unknown = (read as unknown as Record<string, unknown>)[name];
      if (userid === undefined) continue;
      must(typeof userid === 'string' && isUserid(userid), `${name} is no userid`);
      must(joined.includes(String(userid)), `${name} is not in the text`);
    }
  },
} satisfies Target;
