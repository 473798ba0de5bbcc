import type { Bilingual } from '../../lib/bilingual.ts';
import { hasConsole } from '../deployment/adminConsole.ts';
import { hasProvider } from '../deployment/openidProvider.ts';
import { describeStack } from '../deployment/stackOutputs.ts';
import type { StageParameters } from '../deployment/stageFile.ts';
import { same } from '../language.ts';

/** A value to enter in WeCom's console. */
export interface ConsoleEntry {
  /** The path of menus and fields in the console. */
  readonly where: string;
  readonly what: Bilingual;
}

/**
 * Lists what to enter in WeCom's console for the stage.
 *
 * @param region the region of the stack, which may not be deployed yet
 */
export async function consoleEntries(
  stage: string,
  region: string,
  parameters: StageParameters,
): Promise<ConsoleEntry[]> {
  const { outputs } = await describeStack(stage, region).catch(() => ({ outputs: {} }));
  const { ApiUrl, EgressIp }: { ApiUrl?: string; EgressIp?: string } = outputs;
  const domainName = String(parameters['domainName'] ?? '');
  const api = domainName ? `https://${domainName}` : ApiUrl;
  const later = {
    en: 'known after npm run deploy; then run this command again',
    zh: '部署（npm run deploy）后可知，届时再次运行本命令',
  };
  const at = (path: string): Bilingual => (api === undefined ? later : same(api + path));
  const hosts = String(parameters['redirectUris'])
    .split(/[\s,]+/)
    .filter((uri) => uri !== '')
    .map((uri) => new URL(uri).host);
  // WeCom returns to the OpenID provider and to the console too, which are on the domain of the API.
  if (domainName && (hasProvider(parameters) || hasConsole(parameters))) hosts.push(domainName);
  const front = [...new Set(hosts)].join(' ');
  const address =
    parameters['egress'] === 'fixed'
      ? (EgressIp ?? later)
      : { en: 'changes with AWS (egress: public)', zh: '由 AWS 变动（egress: public）' };
  const proof = String(parameters['domainProof'] ?? '');
  return [
    { where: '企业可信IP', what: typeof address === 'string' ? same(address) : address },
    { where: '网页授权及JS-SDK → 可信域名', what: same(front) },
    { where: '企业微信授权登录 → Web网页 → 授权回调域', what: same(front) },
    { where: '接收消息 → 设置API接收 → URL', what: at('/api/wecom/callback/app') },
    {
      where: '管理工具 → 通讯录同步 → 设置接收事件服务器 → URL',
      what: at('/api/wecom/callback/contacts'),
    },
    ...(proof === '' ? [] : [{ where: '域名归属验证', what: at(`/WW_verify_${proof}.txt`) }]),
  ];
}
