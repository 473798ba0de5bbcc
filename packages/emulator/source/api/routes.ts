import { getApiDomainIp, getCallbackIp } from './addresses.ts';
import { agentGet, agentList, agentSet } from './agent.ts';
import { appchatCreate, appchatGet, appchatSend, appchatUpdate } from './appchat.ts';
import { departmentGet, departmentList, departmentSimplelist } from './department.ts';
import { departmentCreate, departmentDelete, departmentUpdate } from './departmentWrite.ts';
import type { Endpoint } from './endpoint.ts';
import { externalcontactGet } from './externalContact.ts';
import { gettoken } from './gettoken.ts';
import { getUserDetail, legacyGetUserDetail } from './getuserdetail.ts';
import { getUserInfo, legacyGetUserInfo } from './getuserinfo.ts';
import { getJsapiTicket, ticketGet } from './jsapi.ts';
import { mediaGet, mediaUpload, mediaUploadimg } from './media.ts';
import { menuCreate, menuDelete, menuGet } from './menu.ts';
import { messageRecall, messageSend } from './message.ts';
import { jscode2session } from './miniprogram.ts';
import { getTfaInfo, userAuthsucc, userTfaSucc } from './secondVerification.ts';
import { tagGet, tagList } from './tag.ts';
import { tagAddtagusers, tagCreate, tagDelete, tagDeltagusers, tagUpdate } from './tagWrite.ts';
import { userGet, userList, userListId, userSimplelist } from './user.ts';
import { convertToOpenid, convertToUserid, userGetUseridByEmail, userGetuserid } from './userid.ts';
import { userBatchdelete, userCreate, userDelete, userUpdate } from './userWrite.ts';
import { webhookSend, webhookUploadMedia } from './webhook.ts';

const ENDPOINTS: readonly Endpoint[] = [
  gettoken,
  getUserInfo,
  legacyGetUserInfo,
  getUserDetail,
  legacyGetUserDetail,
  userGet,
  userSimplelist,
  userList,
  userListId,
  userCreate,
  userUpdate,
  userDelete,
  userBatchdelete,
  userGetuserid,
  userGetUseridByEmail,
  convertToOpenid,
  convertToUserid,
  userAuthsucc,
  userTfaSucc,
  getTfaInfo,
  jscode2session,
  departmentGet,
  departmentList,
  departmentSimplelist,
  departmentCreate,
  departmentUpdate,
  departmentDelete,
  tagList,
  tagGet,
  tagCreate,
  tagUpdate,
  tagDelete,
  tagAddtagusers,
  tagDeltagusers,
  getCallbackIp,
  getApiDomainIp,
  getJsapiTicket,
  ticketGet,
  agentGet,
  agentList,
  agentSet,
  menuCreate,
  menuGet,
  menuDelete,
  messageSend,
  messageRecall,
  appchatCreate,
  appchatUpdate,
  appchatGet,
  appchatSend,
  webhookSend,
  webhookUploadMedia,
  mediaUpload,
  mediaUploadimg,
  mediaGet,
  externalcontactGet,
];

/** By whole path. */
export const ROUTES: ReadonlyMap<string, Endpoint> = new Map(
  ENDPOINTS.map((endpoint) => [`/cgi-bin/${endpoint.path}`, endpoint]),
);
