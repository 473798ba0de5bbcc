import { SSMClient } from '@aws-sdk/client-ssm';
import type { Bilingual } from '../../lib/bilingual.ts';
import { ChannelKeys } from '../../lib/callback/channelKeys.ts';
import { CallbackNotConfigured } from '../../lib/callback/errors.ts';
import { type Channel, channels, type SharedKeys } from '../../lib/callback/sharedKeys.ts';
import { systemClock } from '../../lib/clock.ts';
import { ConfigurationError, ParameterUnavailable, WecomAuthError } from '../../lib/errors.ts';
import { createParameter, type ParameterValue } from '../../lib/parameters/parameter.ts';
import { createSsm } from '../../lib/parameters/ssm.ts';
import { readSessionKeys, type SessionKeySet } from '../../lib/session/sessionKeys.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { awsRemedy, refusalRemedy } from '../deployment/awsRemedy.ts';
import { same } from '../language.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import { newInvocation, type Target } from './target.ts';

/** The secrets that later checks use. Never shown. */
export interface StageSecrets {
  appSecret?: ParameterValue;
  sessionKeys?: SessionKeySet;
  callbacks: Partial<Record<Channel, SharedKeys & { writtenAt: number }>>;
}

/**
 * Checks that every SecureString exists, decrypts and has the right form.
 *
 * @param secrets gets what the later checks use
 */
export async function checkParameters(target: Target, secrets: StageSecrets): Promise<Finding[]> {
  const fetchParameter = createSsm(new SSMClient(personalSettings(target.region)));
  const setup = `npm run setup -- --stage ${target.stage}`;

  async function appSecret(): Promise<Finding> {
    const name = target.parameter('app-secret');
    try {
      secrets.appSecret = await fetchParameter(name);
      return ok('app-secret', { en: `${name} decrypts`, zh: `${name} 可以解密` });
    } catch (error) {
      return { ...parameterError('app-secret', name, error, same(setup)), stop: true };
    }
  }

  async function sessionKeys(): Promise<Finding> {
    const name = target.parameter('session-keys');
    try {
      secrets.sessionKeys = readSessionKeys((await fetchParameter(name)).value, name);
      const { keys } = secrets.sessionKeys;
      return ok('session-keys', {
        en: `${name}: ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}`,
        zh: `${name}：${keys.length} 个密钥`,
      });
    } catch (error) {
      const remedy = same(`npm run keys -- create --stage ${target.stage}`);
      return parameterError('session-keys', name, error, remedy);
    }
  }

  async function callback(channel: Channel): Promise<Finding> {
    const check = `callback-${channel}`;
    const name = target.parameter(check);
    try {
      const keys = await new ChannelKeys({
        channel,
        parameter: createParameter(name, fetchParameter, systemClock),
        clock: systemClock,
      }).read(newInvocation());
      const { revision } = await fetchParameter(name);
      secrets.callbacks[channel] = { ...keys, writtenAt: Date.parse(revision.split('#')[0] ?? '') };
      return ok(check, { en: `${name} decrypts`, zh: `${name} 可以解密` });
    } catch (error) {
      if (error instanceof CallbackNotConfigured) {
        return unknown(
          check,
          {
            en: `${name} does not exist: this callback is not set up, so a member who leaves loses access within an hour instead of at once`,
            zh: `没有 ${name}：该回调尚未设置，成员离职后最迟一小时失去权限，而不是立即失去`,
          },
          {
            en: `See docs/callbacks.md, then run ${setup}`,
            zh: `参见 docs/callbacks.md，然后运行 ${setup}`,
          },
        );
      }
      return parameterError(check, name, error, {
        en: `Copy Token and EncodingAESKey again from WeCom's console: ${setup}`,
        zh: `从管理后台重新复制 Token 和 EncodingAESKey：${setup}`,
      });
    }
  }

  return [await appSecret(), await sessionKeys(), ...(await Promise.all(channels.map(callback)))];
}

function parameterError(check: string, name: string, error: unknown, remedy: Bilingual): Finding {
  if (!(error instanceof WecomAuthError)) throw error;
  if (error instanceof ParameterUnavailable) {
    const reason = String(error.details['reason']);
    return failed(
      check,
      { en: `SSM does not return ${name}: ${reason}`, zh: `SSM 未返回 ${name}：${reason}` },
      refusalRemedy(reason, {
        en: 'You need ssm:GetParameter on it, and kms:Decrypt if it has its own key.',
        zh: '你需要该参数的 ssm:GetParameter 权限；若使用自有密钥，还需要 kms:Decrypt。',
      }),
    );
  }
  const problems = (error instanceof ConfigurationError && error.details['problems']) || [];
  const details = [error.message, ...(problems as string[])].join('; ');
  return failed(
    check,
    { en: `${name}: ${details}`, zh: `${name}：${details}` },
    awsRemedy(String(error.details['reason'])) ?? remedy,
  );
}
