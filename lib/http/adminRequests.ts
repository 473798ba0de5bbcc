import * as v from 'valibot';
import {
  type AccessParts,
  type Administrator,
  requireAdministrator,
} from '../administration/access.ts';
import { CONFIRMATIONS } from '../administration/errors.ts';
import { InvalidInput } from '../administration/invalidInput.ts';
import { InvalidRequest, NotFound } from '../errors.ts';
import type { Invocation } from '../invocation.ts';
import { isClientId } from '../openid/clients.ts';
import { isUserid } from '../wecom/userid.ts';
import { type Answer, success } from './answer.ts';
import { bearerToken } from './bearerToken.ts';
import type { HttpRequest } from './request.ts';
import { readJsonBody } from './signInRequest.ts';

/* The requests of the administrators' console. */

/** What one route does, and what it takes. */
export interface AdminRoute {
  /** The caller must have one of them. */
  readonly permissions: readonly string[];
  /** @returns the `data` of the answer */
  readonly work: (
    request: HttpRequest,
    caller: Administrator,
    invocation: Invocation,
  ) => Promise<object>;
}

/**
 * Answers a request of the console. The caller is checked before anything of the request is read.
 *
 * @param routes by the name that API Gateway gives them, such as `GET /api/admin/me`
 * @throws Unauthenticated, Forbidden, InvalidRequest, and what the work throws
 */
export async function answerAdmin(
  routes: Readonly<Record<string, AdminRoute>>,
  access: AccessParts,
  request: HttpRequest,
  invocation: Invocation,
): Promise<Answer> {
  const route = Object.hasOwn(routes, request.route) ? routes[request.route] : undefined;
  if (route === undefined) throw new NotFound('There is no such route');
  const caller = await requireAdministrator(
    access,
    bearerToken(request),
    route.permissions,
    invocation,
  );
  try {
    return success(await route.work(request, caller, invocation));
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new InvalidRequest('请求有误', [error.text]);
  }
}

/** @throws InvalidRequest */
export function readUserid({ pathParameters }: HttpRequest): string {
  const userid = pathParameters['userId'] ?? '';
  if (!isUserid(userid)) throw new InvalidRequest('用户ID格式不正确');
  return userid;
}

/** @throws InvalidRequest */
export function readDepartmentId({ pathParameters }: HttpRequest): number {
  const text = pathParameters['id'] ?? '';
  const id = /^[1-9]\d{0,9}$/.test(text) ? Number(text) : 0;
  if (id === 0 || id >= 2 ** 32) throw new InvalidRequest('部门ID格式不正确');
  return id;
}

/** @throws InvalidRequest */
export function readClientIdOf({ pathParameters }: HttpRequest): string {
  const clientId = pathParameters['clientId'] ?? '';
  if (!isClientId(clientId)) throw new InvalidRequest('客户端ID格式不正确');
  return clientId;
}

/** Where a list goes on that is not in DynamoDB: how many items came before. @throws InvalidRequest */
export function readOffset({ query }: HttpRequest): number {
  const text = query['cursor'] ?? '0';
  if (!/^\d{1,9}$/.test(text)) throw new InvalidRequest('cursor 无效');
  return Number(text);
}

/** The revision of a client that the administrator saw; nothing if none is named. @throws InvalidRequest */
export function readRevision({ query }: HttpRequest): number | undefined {
  const text = query['revision'];
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new InvalidRequest('revision 无效');
  return Number(text);
}

const MAX_CHANGES = 100;
/** A hundred lines with notes of 200 Chinese characters are under 150 kB. */
const CHANGES_CHARACTERS = 256 * 1024;
/** As JSON, and in base64 if API Gateway sends it so. Lambda takes 6 MB. */
const CSV_CHARACTERS = 4 * 1024 * 1024;
const MAX_CSV_CHARACTERS = 1_000_000;
export const MAX_CSV_LINES = 5_000;

/** What it holds is checked where a command's arguments are. */
const text = v.string('须为字符串');

const Change = v.object(
  {
    action: v.picklist(['grant', 'deny', 'revoke', 'reinstate'], 'action 无效'),
    subject: text,
    permission: text,
    until: v.optional(text),
    note: v.optional(text),
  },
  'changes 的每一项须为对象',
);

function changes<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.array(
      v.object({ ...Change.entries, ...entries }, 'changes 的每一项须为对象'),
      'changes 须为数组',
    ),
    v.minLength(1, 'changes 不能为空'),
    v.maxLength(MAX_CHANGES, `changes 最多 ${MAX_CHANGES} 项`),
  );
}

const PreviewBody = v.object({ changes: changes({}) }, '请求体须为对象');
const ChangeBody = v.object(
  {
    changes: changes({ version: v.nullable(text) }),
    accept: v.optional(
      v.pipe(v.array(v.picklist(CONFIRMATIONS, 'accept 无效'), 'accept 无效'), v.maxLength(3)),
      [],
    ),
  },
  '请求体须为对象',
);
const CsvBody = v.object(
  { csv: v.pipe(v.string('csv 须为字符串'), v.maxLength(MAX_CSV_CHARACTERS, '文件过大')) },
  '请求体须为对象',
);
const addresses = v.optional(v.array(text, '须为数组'));
const flag = v.optional(v.boolean('须为 true 或 false'));
const ClientBody = v.object(
  {
    client_id: v.optional(text),
    client_name: text,
    redirect_uris: v.array(text, 'redirect_uris 须为数组'),
    post_logout_redirect_uris: addresses,
    backchannel_logout_uri: v.optional(text),
    public: flag,
    permission: v.optional(text),
    audience: v.optional(text),
    email_domain: v.optional(text),
    group_paths: flag,
    refresh: flag,
  },
  '请求体须为对象',
);

const MISSING = '缺少请求体';

/** Each throws InvalidRequest. */
export const readPreviewBody = (request: HttpRequest) =>
  readJsonBody(request, PreviewBody, MISSING, CHANGES_CHARACTERS);
export const readChangeBody = (request: HttpRequest) =>
  readJsonBody(request, ChangeBody, MISSING, CHANGES_CHARACTERS);
export const readCsvBody = (request: HttpRequest) =>
  readJsonBody(request, CsvBody, MISSING, CSV_CHARACTERS);
export const readClientBody = (request: HttpRequest) =>
  readJsonBody(request, ClientBody, MISSING, CLIENT_CHARACTERS);
export const readRotationBody = (request: HttpRequest, maxKeepHours: number) =>
  readJsonBody(request, rotationBody(maxKeepHours), MISSING);

/** 41 addresses of 1 000 characters. */
const CLIENT_CHARACTERS = 64 * 1024;

function rotationBody(maxKeepHours: number) {
  const whole = (name: string, least: number, most: number) => {
    const problem = `${name} 须为 ${least} 到 ${most} 的整数`;
    return v.pipe(
      v.number(problem),
      v.integer(problem),
      v.minValue(least, problem),
      v.maxValue(most, problem),
    );
  };
  return v.object(
    {
      revision: whole('revision', 1, Number.MAX_SAFE_INTEGER),
      keep_hours: v.optional(whole('keep_hours', 0, maxKeepHours)),
    },
    '请求体须为对象',
  );
}
