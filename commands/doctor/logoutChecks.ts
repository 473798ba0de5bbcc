import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { portProblem } from '../../lib/administration/clientAddress.ts';
import { type Lookup, resolve } from '../../lib/administration/lookup.ts';
import type { Bilingual } from '../../lib/bilingual.ts';
import type { LogoutReach } from '../../lib/configuration.ts';
import { createTable } from '../../lib/dynamodb/table.ts';
import { WecomAuthError } from '../../lib/errors.ts';
import { listClients } from '../../lib/openid/clients.ts';
import { isWithin, literalAddress } from '../../lib/openid/networkAddress.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { type Finding, ok, unknown, warning } from './finding.ts';
import type { Target } from './target.ts';

const CHECK = 'logout-addresses';

/** Checks that logout tokens may go to the address of each application, which its host name decides. */
export async function checkLogoutAddresses(target: Target, lookup: Lookup): Promise<Finding[]> {
  const { parameters, region, corpId } = target;
  if (!hasProvider(parameters)) return [];
  const table = createTable(
    new DynamoDBClient(personalSettings(region)),
    target.table('permissions'),
  );
  try {
    const { clients } = await listClients(table, corpId);
    const [problems, unresolved]: [Bilingual[], string[]] = [[], []];
    const told = clients.filter(({ backchannelLogoutUri }) => backchannelLogoutUri !== undefined);
    for (const { clientId, backchannelLogoutUri = '' } of told) {
      const problem = await problemOf(backchannelLogoutUri, target, lookup);
      if (problem === 'unresolved') unresolved.push(new URL(backchannelLogoutUri).hostname);
      else if (problem) problems.push(named(clientId, backchannelLogoutUri, problem));
    }
    return [findingOf(problems, unresolved, told.length, clients.length)];
  } catch (error) {
    if (!(error instanceof WecomAuthError)) throw error;
    const reason = String(error.details['reason'] ?? error.code);
    const what = {
      en: `the permission table could not be read: ${reason}`,
      zh: `无法读取权限表：${reason}`,
    };
    const permission = {
      en: `You need dynamodb:Query on ${target.table('permissions')}.`,
      zh: `你需要 ${target.table('permissions')} 的 dynamodb:Query 权限。`,
    };
    return [unknown(CHECK, what, refusalRemedy(reason, permission))];
  }
}

async function problemOf(
  uri: string,
  { parameters, local }: Target,
  lookup: Lookup,
): Promise<Bilingual | 'unresolved' | undefined> {
  const { hostname } = new URL(uri);
  const ofPort = local ? undefined : portProblem(uri, parameters['egress']);
  if (ofPort !== undefined) return ofPort;
  const reach = String(parameters['logoutReach']) as LogoutReach;
  const literal = literalAddress(hostname);
  const found = literal === undefined ? await resolve(hostname, lookup) : [literal];
  if (found === undefined || found.length === 0) return 'unresolved';
  // As the function connects: to one that is allowed, if there is any.
  if (found.some((address) => isWithin(address, reach))) return undefined;
  return {
    en: `is outside of logoutReach: ${reach}`,
    zh: `不在 logoutReach: ${reach} 的范围内`,
  };
}

function findingOf(
  problems: readonly Bilingual[],
  unresolved: readonly string[],
  told: number,
  all: number,
): Finding {
  if (problems.length > 0) {
    return warning(
      CHECK,
      {
        en: problems.map(({ en }) => en).join('; '),
        zh: problems.map(({ zh }) => zh).join('；'),
      },
      {
        en: 'These applications are not told of sign-outs. Let the host resolve to an address that the stage sends to (logoutReach in stages/default.yml), or add the client again with another address.',
        zh: '这些应用不会得知退出。让主机名解析到该环境会发送的地址（stages/default.yml 中的 logoutReach），或以其他地址重新添加客户端。',
      },
    );
  }
  if (unresolved.length > 0) {
    const hosts = [...new Set(unresolved)];
    return unknown(CHECK, {
      en: `this machine does not resolve ${hosts.join(', ')}`,
      zh: `本机无法解析 ${hosts.join('、')}`,
    });
  }
  return ok(CHECK, {
    en: `${told} of ${all} applications are told of sign-outs`,
    zh: `${all} 个应用中有 ${told} 个会得知退出`,
  });
}

function named(clientId: string, uri: string, { en, zh }: Bilingual): Bilingual {
  // The path may hold a secret, and the doctor's output is kept by CI.
  const { origin } = new URL(uri);
  return { en: `${clientId}: ${origin} ${en}`, zh: `${clientId}：${origin} ${zh}` };
}
