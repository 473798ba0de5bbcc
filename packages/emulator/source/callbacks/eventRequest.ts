import type { Change } from '../directory/change.ts';
import { type Directory, mainApp } from '../directory/directory.ts';
import type { Member } from '../directory/types.ts';

/** An event to push although nothing changes in the company. */
export interface EventRequest {
  event: 'create_user' | 'update_user' | 'delete_user' | 'subscribe' | 'unsubscribe';
  /** Need not be in the company. */
  userid: string;
  /** For `update_user`: the member's new userid, which comes as NewUserID. */
  newUserid?: string;
  /** For `create_user` and `update_user`; default: the departments the member has, or the root. */
  department?: number[];
  /** Seconds; default: the clock's. */
  createTime?: number;
  /** For `subscribe` and `unsubscribe`; default: the main app. */
  agentid?: number;
}

/** The change that the event describes. */
export function changeOf(directory: Directory, request: EventRequest): Change {
  const { event, userid, newUserid, department, agentid } = request;
  if (event === 'subscribe' || event === 'unsubscribe') {
    return { kind: event, agentid: agentid ?? mainApp(directory.company).agentid, userid };
  }
  const known = directory.member(userid) ?? unknownMember(userid);
  const member = { ...known, userid, ...(department && { department }) };
  if (event !== 'update_user') return { kind: event, member };
  // No departments before, because the reduced form has an event for a move only.
  const before = { ...member, department: [] };
  return { kind: event, before, member: { ...member, userid: newUserid ?? userid } };
}

function unknownMember(userid: string): Member {
  return {
    userid,
    name: userid,
    department: [1],
    main_department: 1,
    position: '',
    status: 1,
    gender: '0',
  };
}
