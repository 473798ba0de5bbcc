import { SSMClient } from '@aws-sdk/client-ssm';
import { ChannelKeys } from '../../lib/callback/channelKeys.ts';
import { CallbackNotConfigured } from '../../lib/callback/errors.ts';
import { type Channel, channels, type SharedKeys } from '../../lib/callback/sharedKeys.ts';
import { systemClock } from '../../lib/clock.ts';
import { ConfigurationError, ParameterUnavailable, WecomAuthError } from '../../lib/errors.ts';
import { createParameter, type ParameterValue } from '../../lib/parameters/parameter.ts';
import { createSsm } from '../../lib/parameters/ssm.ts';
import { readSessionKeys } from '../../lib/session/sessionKeys.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { awsRemedy, refusalRemedy } from '../deployment/awsRemedy.ts';
import { type Finding, failed, ok, unknown } from './finding.ts';
import { newInvocation, type Place } from './place.ts';

/** What the later checks need of the parameters. Never shown. */
export interface StageSecrets {
  appSecret?: ParameterValue;
  callbacks: Partial<Record<Channel, SharedKeys & { writtenAt: number }>>;
}

/** Whether every SecureString exists, decrypts and can be read; keeps what the other checks need. */
export async function checkParameters(place: Place, secrets: StageSecrets): Promise<Finding[]> {
  const fetchParameter = createSsm(new SSMClient(personalSettings(place.region)));
  const setup = {
    en: `npm run setup -- --stage ${place.stage}`,
    zh: `npm run setup -- --stage ${place.stage}`,
  };

  async function appSecret(): Promise<Finding> {
    const name = place.parameter('app-secret');
    try {
      secrets.appSecret = await fetchParameter(name);
      return ok('app-secret', `${name} decrypts`, `${name} 可以解密`);
    } catch (error) {
      return { ...troubleWith('app-secret', name, error, setup), stop: true };
    }
  }

  async function sessionKeys(): Promise<Finding> {
    const name = place.parameter('session-keys');
    try {
      const { keys } = readSessionKeys((await fetchParameter(name)).value, name);
      return ok('session-keys', `${name}: ${keys.length}`, `${name}：${keys.length} 个密钥`);
    } catch (error) {
      const remedy = `npm run keys -- create --stage ${place.stage}`;
      return troubleWith('session-keys', name, error, { en: remedy, zh: remedy });
    }
  }

  async function callback(channel: Channel): Promise<Finding> {
    const check = `callback-${channel}`;
    const name = place.parameter(check);
    try {
      const keys = await new ChannelKeys({
        channel,
        parameter: createParameter(name, fetchParameter, systemClock),
        clock: systemClock,
      }).read(newInvocation());
      const { revision } = await fetchParameter(name);
      secrets.callbacks[channel] = { ...keys, writtenAt: Date.parse(revision.split('#')[0] ?? '') };
      return ok(check, `${name} decrypts`, `${name} 可以解密`);
    } catch (error) {
      if (error instanceof CallbackNotConfigured) {
        return unknown(
          check,
          `${name} is not there: this callback is not set up, and leavers are noticed within an hour instead of at once`,
          `没有 ${name}：该回调尚未设置，离职要到一小时内才会生效，而不是立即生效`,
          {
            en: `See docs/callbacks.md, then ${setup.en}`,
            zh: `参见 docs/callbacks.md，然后 ${setup.zh}`,
          },
        );
      }
      return troubleWith(check, name, error, {
        en: `Copy Token and EncodingAESKey again from WeCom's console: ${setup.en}`,
        zh: `从管理后台重新复制 Token 和 EncodingAESKey：${setup.zh}`,
      });
    }
  }

  return [await appSecret(), await sessionKeys(), ...(await Promise.all(channels.map(callback)))];
}

function troubleWith(
  check: string,
  name: string,
  error: unknown,
  remedy: { en: string; zh: string },
): Finding {
  if (!(error instanceof WecomAuthError)) throw error;
  if (error instanceof ParameterUnavailable) {
    const reason = String(error.details['reason']);
    return failed(
      check,
      { en: `SSM does not give ${name}: ${reason}`, zh: `SSM 未返回 ${name}：${reason}` },
      refusalRemedy(reason, {
        en: 'You need ssm:GetParameter on it, and kms:Decrypt where it has a key of its own.',
        zh: '您需要该参数的 ssm:GetParameter 权限；若使用自有密钥，还需要 kms:Decrypt。',
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
