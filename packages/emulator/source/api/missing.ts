import { type Answer, jsonAnswer } from '../wire/answer.ts';
import type { Emulator } from './endpoint.ts';
import { missingEndpoint } from './rules.ts';

/** Groups of endpoints below /cgi-bin/ of which the emulator has none. */
const GROUPS: ReadonlySet<string> = new Set(
  `batch chatdata checkin corp corpgroup dial exmail export externalcontact hardware health idconvert
  journal kf license linkedcorp living meeting msgaudit oa phonecall report school security service wedoc
  wedrive`.split(/\s+/),
);

/** Those of groups of which the emulator has some. */
const ENDPOINTS: ReadonlySet<string> = new Set(
  `agent/batch_set_workbench_data agent/get_admin_list agent/get_workbench_template
  agent/set_workbench_data agent/set_workbench_template media/get/jssdk media/get_upload_by_url_result
  media/upload_attachment media/upload_by_url message/get_statistics message/update_taskcard
  message/update_template_card miniprogram/transfer_session user/check_member_auth user/get_active_stat
  user/get_mobile_hashcode user/list_member_auth user/list_selected_ticket_user`.split(/\s+/),
);

/** Not an errcode of WeCom, so that nobody takes it for one. */
const ERRCODE = 990_501;

const MAX_REPORTED = 1_000;

/** @returns the endpoint that WeCom has at this path, and the emulator has not; nothing for any other path */
export function missingOf(path: string): string | undefined {
  const [, endpoint = '', group = ''] = /^\/cgi-bin\/(([\w-]+)\/[\w/-]+)$/.exec(path) ?? [];
  return GROUPS.has(group) || ENDPOINTS.has(endpoint) ? endpoint : undefined;
}

/**
 * An answer that no client takes for success, and a line on the terminal. An empty 404 would be read as the
 * end of the data, or as success, by some clients.
 */
export function missingAnswer({ missing }: Emulator, endpoint: string): Answer {
  if (!missing.has(endpoint) && missing.size < MAX_REPORTED) {
    missing.add(endpoint);
    console.error(
      `wecom-emulator does not have ${endpoint}: it answers errcode ${ERRCODE}. 模拟器不支持 ${endpoint}，返回错误码 ${ERRCODE}。`,
    );
  }
  const errmsg = `wecom-emulator does not have ${endpoint}, which WeCom has; the errcode is not WeCom's`;
  const answer = jsonAnswer({ errcode: ERRCODE, errmsg });
  return {
    ...answer,
    headers: { ...answer.headers, 'X-Emulator-Missing': endpoint },
    rule: missingEndpoint(endpoint),
  };
}
