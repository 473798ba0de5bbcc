import type { Change } from '../directory/change.ts';
import type { ExtendedAttribute, Member } from '../directory/types.ts';
import type { XmlFields } from './xml.ts';

export type ContactsForm = 'full' | 'reduced';

/** The channel of a change: the app's own URL, or that of contacts-sync. */
export function channelOf(change: Change): 'app' | 'contacts' {
  return change.kind === 'subscribe' || change.kind === 'unsubscribe' ? 'app' : 'contacts';
}

/**
 * The event for a change. Contacts-sync URLs that were saved after 2022-08-15 get a reduced form, which has no
 * event for a changed name, phone or status (document 96303).
 *
 * @returns nothing if WeCom sends no event
 */
export function eventFields(
  change: Change,
  corpid: string,
  createTime: number,
  form: ContactsForm,
): XmlFields | undefined {
  const head = (from: string) => ({
    ToUserName: corpid,
    FromUserName: from,
    CreateTime: createTime,
    MsgType: 'event',
  });
  if (change.kind === 'subscribe' || change.kind === 'unsubscribe') {
    return {
      ...head(change.userid),
      Event: change.kind,
      EventKey: '',
      AgentID: change.agentid,
    };
  }
  const fields = contactFields(change, form);
  if (fields === undefined) return undefined;
  return { ...head('sys'), Event: 'change_contact', ChangeType: change.kind, ...fields };
}

function contactFields(change: Change, form: ContactsForm): XmlFields | undefined {
  switch (change.kind) {
    case 'create_user': {
      const { userid, department } = change.member;
      if (form === 'full') return { UserID: userid, ...memberFields(change.member) };
      return { UserID: userid, Department: department.join(',') };
    }
    case 'update_user':
      return updateFields(change.before, change.member, form);
    case 'delete_user':
      return { UserID: change.member.userid };
    case 'create_party': {
      const { id, name, parentid, order } = change.department;
      return form === 'full'
        ? { Id: id, Name: name ?? '', ParentId: parentid, Order: order }
        : { Id: id, ParentId: parentid };
    }
    case 'update_party': {
      const { id, name, parentid } = change.department;
      if (form === 'full') return { Id: id, Name: name ?? '', ParentId: parentid };
      return parentid === change.before.parentid ? undefined : { Id: id, ParentId: parentid };
    }
    case 'delete_party':
      return { Id: change.id };
    case 'update_tag':
      return {
        TagId: change.tagid,
        AddUserItems: listed(change.addUsers),
        DelUserItems: listed(change.delUsers),
        AddPartyItems: listed(change.addParties),
        DelPartyItems: listed(change.delParties),
      };
    default:
      return undefined;
  }
}

/** The old id comes as UserID, a new one as NewUserID (full form) or NewUserId (reduced form). */
function updateFields(before: Member, member: Member, form: ContactsForm): XmlFields | undefined {
  const renamed = before.userid === member.userid ? undefined : member.userid;
  const department = member.department.join(',');
  if (form === 'full') {
    return { UserID: before.userid, NewUserID: renamed, ...memberFields(member) };
  }
  const moved = before.department.join(',') !== department;
  if (!moved && renamed === undefined) return undefined;
  return { UserID: before.userid, NewUserId: renamed, Department: department };
}

function memberFields(member: Member): XmlFields {
  return {
    Name: member.name,
    Department: member.department.join(','),
    MainDepartment: member.main_department,
    IsLeaderInDept: member.department.map((_, at) => member.is_leader_in_dept?.[at] ?? 0).join(','),
    DirectLeader: (member.direct_leader ?? []).join(','),
    Position: member.position,
    Mobile: member.mobile,
    Gender: Number(member.gender),
    Email: member.email,
    BizMail: member.biz_mail,
    Status: member.status,
    Avatar: member.avatar,
    Alias: member.alias,
    Telephone: member.telephone,
    Address: member.address,
    ExtAttr: member.extattr && { Item: member.extattr.map(attributeFields) },
  };
}

function attributeFields(attribute: ExtendedAttribute): XmlFields {
  const { name, type } = attribute;
  return attribute.type === 0
    ? { Name: name, Type: type, Text: { Value: attribute.text.value } }
    : { Name: name, Type: type, Web: { Title: attribute.web.title, Url: attribute.web.url } };
}

function listed(items: readonly (string | number)[]): string | undefined {
  return items.length === 0 ? undefined : items.join(',');
}
