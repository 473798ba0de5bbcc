import { getApiDomainIp, getCallbackIp } from './addresses.ts';
import { agentGet } from './agent.ts';
import { departmentGet, departmentList, departmentSimplelist } from './department.ts';
import type { Endpoint } from './endpoint.ts';
import { gettoken } from './gettoken.ts';
import { getUserDetail, legacyGetUserDetail } from './getuserdetail.ts';
import { getUserInfo, legacyGetUserInfo } from './getuserinfo.ts';
import { getJsapiTicket, ticketGet } from './jsapi.ts';
import { tagGet, tagList } from './tag.ts';
import { userGet, userList, userListId, userSimplelist } from './user.ts';

const ENDPOINTS = [
  gettoken,
  getUserInfo,
  legacyGetUserInfo,
  getUserDetail,
  legacyGetUserDetail,
  userGet,
  userSimplelist,
  userList,
  userListId,
  departmentGet,
  departmentList,
  departmentSimplelist,
  tagList,
  tagGet,
  getCallbackIp,
  getApiDomainIp,
  getJsapiTicket,
  ticketGet,
  agentGet,
];

/** By whole path. */
export const ROUTES: ReadonlyMap<string, Endpoint> = new Map(
  ENDPOINTS.map((endpoint) => [`/cgi-bin/${endpoint.path}`, endpoint]),
);
