import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import axios from 'axios';
import express from 'express';
import serverless from 'serverless-http';

/*
 * The backend of common tutorials: Express with axios, run on Lambda by an adapter. It fetches an
 * access_token in every sign-in, calls sequentially, and has the secret in its environment. Its successful
 * responses are the same.
 */

const { WECOM_API_BASE_URL, WECOM_CORP_ID, WECOM_APP_SECRET, PERMISSION_TABLE } = process.env;
const wecom = axios.create({ baseURL: `${WECOM_API_BASE_URL}/cgi-bin` });
const dynamoDb = new DynamoDBClient({});
export const app = express();
app.use(express.json());

app.post('/api/wecom/getUserInfo', async (request, response) => {
  const { code } = request.body;
  if (!code) return response.status(400).json({ code: -1, message: '缺少授权码' });
  try {
    const { access_token } = await get('/gettoken', {
      corpid: WECOM_CORP_ID,
      corpsecret: WECOM_APP_SECRET,
    });
    const { userid, user_ticket } = await get('/auth/getuserinfo', { access_token, code });
    const user = await get('/user/get', { access_token, userid });
    const { data: detail } = await wecom.post(
      '/auth/getuserdetail',
      { user_ticket },
      { params: { access_token } },
    );
    const { department } = await get('/department/get', { access_token, id: user.main_department });
    const { name, position } = user;
    const { mobile, email } = detail;
    return response.json({
      code: 0,
      message: 'success',
      data: { userid, name, mobile, email, department: department.name, position },
    });
  } catch {
    return response.status(500).json({ code: -1, message: '获取用户信息失败' });
  }
});

app.get('/api/wecom/verify/:userId', async (request, response) => {
  try {
    const { Item } = await dynamoDb.send(
      new GetItemCommand({
        TableName: PERMISSION_TABLE,
        Key: {
          pk: { S: `${WECOM_CORP_ID}#member#${request.params.userId}` },
          sk: { S: 'grant#access' },
        },
      }),
    );
    const authorized = Item?.['effect']?.S === 'allow';
    return response.json({ code: 0, message: 'success', data: { authorized } });
  } catch {
    return response.status(500).json({ code: -1, message: '验证失败' });
  }
});

async function get(api, params) {
  const { data } = await wecom.get(api, { params });
  if (data.errcode !== 0) throw new Error(data.errmsg);
  return data;
}

export const handler = serverless(app);
