import { InvalidInput } from '../../../lib/administration/invalidInput.ts';
import { InvalidRequest } from '../../../lib/errors.ts';
import * as admin from '../../../lib/http/adminRequests.ts';
import { prefersJson, readAuthorizeRequest } from '../../../lib/http/authorizeRequest.ts';
import { bearerToken } from '../../../lib/http/bearerToken.ts';
import { readCallbackBody, readCallbackQuery } from '../../../lib/http/callbackRequest.ts';
import { readJssdkRequest } from '../../../lib/http/jssdkRequest.ts';
import { readTokenRequest } from '../../../lib/http/openidTokenRequest.ts';
import { type HttpRequest, readRequest } from '../../../lib/http/request.ts';
import { readSignInRequest } from '../../../lib/http/signInRequest.ts';
import { readVerifyRequest } from '../../../lib/http/verifyRequest.ts';
import { isUserid } from '../../../lib/wecom/userid.ts';
import { must, refusedBy, type Target } from '../target.ts';

/*
 * Requests. The first line is the query, the second the content type, the third the Authorization header,
 * the fourth the cookies, the rest the body; or the whole is an event in JSON.
 */

const LISTED = ['https://app.example.com/login'];
const ORIGINS = ['https://app.example.com'];

function requestOf(text: string): HttpRequest {
  try {
    return readRequest(JSON.parse(text));
  } catch {
    const [rawQueryString, type, authorization, cookie, ...body] = text.split('\n');
    const queryStringParameters = Object.fromEntries(new URLSearchParams(rawQueryString));
    return readRequest({
      rawQueryString,
      queryStringParameters,
      pathParameters: queryStringParameters,
      headers: { 'content-type': type, authorization, cookie, accept: type, 'user-agent': type },
      requestContext: { http: { method: 'POST' } },
      body: body.join('\n'),
      isBase64Encoded: cookie === 'b64',
    });
  }
}

const FORM = 'application/x-www-form-urlencoded';

export default {
  seeds: [
    '\napplication/json\n\n\n{"code":"abc","state":"s","code_verifier":"v"}',
    '\napplication/json\n\nb64\neyJjb2RlIjoiYWJjIn0=',
    'userId=user123&permission=access\n\nBearer a.b.c\na=1; b=2',
    `redirect_uri=https%3A%2F%2Fapp.example.com%2Flogin&code_challenge=${'a'.repeat(43)}&code_challenge_method=S256&scope=snsapi_base&mode=qr\ntext/html`,
    `msg_signature=${'0'.repeat(40)}&timestamp=1800000000&nonce=1&echostr=YWJj%2B\n\n\n\n<xml></xml>`,
    'url=https%3A%2F%2Fapp.example.com%2Fa%23b',
    `\n${FORM}\n\n\ngrant_type=authorization_code&client_id=a&client_secret=b&code=c`,
    'offset=1&revision=2&id=7&clientId=a\napplication/json\n\n\n{"changes":[{"action":"grant","subject":"user:a","permission":"p","version":null}],"accept":["everyone"]}',
    '\napplication/json\n\n\n{"csv":"subject,permission"}',
    '\napplication/json\n\n\n{"client_name":"a","redirect_uris":["https://a.example/b"],"permission":"p"}',
    '{"rawPath":"/","headers":{"cookie":"a=b"},"cookies":["c=d"],"requestContext":{"authorizer":{"iam":{"userArn":"arn:aws:iam::123456789012:root"}}}}',
  ],
  run(input) {
    const request = requestOf(input.toString());
    const read = <Result>(call: () => Result) => refusedBy([InvalidRequest, InvalidInput], call);

    const address = read(() => readAuthorizeRequest(request, LISTED))?.redirectUri;
    must(address === undefined || LISTED.includes(address), 'an address that is not listed');
    const page = read(() => readJssdkRequest(request, ORIGINS));
    must(page === undefined || new URL(page).origin === ORIGINS[0], 'a page of another origin');
    const member = read(() => readVerifyRequest(request))?.userid;
    must(member === undefined || isUserid(member), 'no userid');
    const code = read(() => readSignInRequest(request))?.code;
    must(code === undefined || /^[\x21-\x7e]{1,512}$/.test(code), 'no code');
    read(() => readCallbackQuery(request));
    read(() => readCallbackBody(request));
    readTokenRequest(request);
    bearerToken(request);
    prefersJson(request);
    for (const each of [
      admin.readUserid,
      admin.readDepartmentId,
      admin.readClientIdOf,
      admin.readOffset,
      admin.readRevision,
      admin.readPreviewBody,
      admin.readChangeBody,
      admin.readCsvBody,
      admin.readClientBody,
      (given: HttpRequest) => admin.readRotationBody(given, 720),
    ]) {
      read(() => each(request));
    }
    must(({} as { polluted?: unknown }).polluted === undefined, 'a prototype was changed');
  },
} satisfies Target;
