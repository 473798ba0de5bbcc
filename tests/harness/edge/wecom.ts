import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.ts';

/**
 * Starts a WeCom for measurements. A response depends on its request only and takes a fixed time, so that
 * differences are the caller's. The code is the userid. A member `new<number>` is in
 * department 1000 + number, all others in department 2.
 *
 * @returns its base URL
 */
export async function startFixedWecom(latencyMs: number): Promise<string> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://wecom');
    const body = text(request);
    setTimeout(async () => {
      const answer = { errcode: 0, errmsg: 'ok', ...answerOf(url, await body) };
      response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(JSON.stringify(answer));
    }, latencyMs);
  });
  server.keepAliveTimeout = 60_000;
  return (await listen(server)).url;
}

function answerOf({ pathname, searchParams }: URL, body: string): object {
  switch (pathname) {
    case '/cgi-bin/gettoken':
      return { access_token: 'fixed-access-token'.padEnd(214, '0'), expires_in: 7_200 };
    case '/cgi-bin/auth/getuserinfo':
      return {
        userid: searchParams.get('code'),
        user_ticket: `${searchParams.get('code')}~`.padEnd(256, '0'),
        expires_in: 1_800,
      };
    case '/cgi-bin/auth/getuserdetail':
      return {
        userid: JSON.parse(body).user_ticket.split('~')[0],
        gender: '1',
        avatar: 'http://wework.qpic.cn/bizmail/fixed/0',
        qr_code: 'https://open.work.weixin.qq.com/wwopen/userQRCode?vcode=fixed',
        mobile: '13800138000',
        email: 'zhang@company.com',
        biz_mail: '',
        address: '',
      };
    case '/cgi-bin/user/get':
      return member(searchParams.get('userid') ?? '');
    case '/cgi-bin/department/get':
      return { department: { id: Number(searchParams.get('id')), name: '技术部', parentid: 1 } };
    default:
      return { errcode: 404, errmsg: `nothing at ${pathname}` };
  }
}

function member(userid: string): object {
  const [, number] = /^new(\d+)$/.exec(userid) ?? [];
  const department = number === undefined ? 2 : 1_000 + Number(number);
  return {
    userid,
    name: '张三',
    department: [department],
    order: [0],
    position: '工程师',
    status: 1,
    isleader: 0,
    is_leader_in_dept: [0],
    direct_leader: [],
    enable: 1,
    telephone: '',
    alias: '',
    main_department: department,
    hide_mobile: 0,
    extattr: { attrs: [] },
  };
}
