import {
  AWS_KEY,
  encryptionKeys,
  type StageParameter,
  stageParameter,
} from '../deployment/stageParameter.ts';
import { firstKey, newSessionKey } from '../sessionKeys/rotation.ts';
import type { SecretAnswers, Stored } from './answers.ts';

export interface Result {
  readonly name: string;
  readonly outcome: 'written' | 'unchanged' | 'absent';
}

/** Which KMS key encrypts the parameters: before this run, and from it on. '' for AWS's own. */
export interface Keys {
  readonly before: string;
  readonly after: string;
}

const NAMES = ['app-secret', 'callback-app', 'callback-contacts', 'session-keys'] as const;
type Name = (typeof NAMES)[number];
type Values = Awaited<ReturnType<StageParameter['read']>>;

/** The SecureStrings of a stage as stored before the questions. */
export interface StageSecretStore {
  readonly stored: Stored;
  /** SSM's time when the values were read; see `timeOf`. */
  readonly time: number | undefined;
  /**
   * Writes the values that changed or are encrypted with another key, and the first session key if there
   * is none.
   *
   * @param now when that key begins to sign, in milliseconds since the epoch
   * @param report gets each result as soon as it is one: a later write may fail
   */
  write(
    answers: SecretAnswers,
    keys: Keys,
    now: number,
    report: (result: Result) => void,
  ): Promise<void>;
}

export async function openSecretStore(stage: string, region: string): Promise<StageSecretStore> {
  let time: number | undefined;
  const read = async (name: Name) => {
    const parameter = stageParameter(stage, name, region);
    const value = await parameter.read();
    time = parameter.time();
    return [name, value] as const;
  };
  const stored = new Map<Name, Values>(await Promise.all(NAMES.map(read)));
  const isStored = (name: Name) => stored.get(name) !== undefined;
  const fullName = (name: Name) => stageParameter(stage, name, region).name;

  return {
    time,
    stored: {
      appSecret: isStored('app-secret'),
      callbackApp: isStored('callback-app'),
      callbackContacts: isStored('callback-contacts'),
    },
    async write(answers, keys, now, report) {
      const json = (value: object | undefined) => value && JSON.stringify(value);
      const values: Record<Name, string | undefined> = {
        'app-secret': answers.appSecret,
        'callback-app': json(answers.callbackApp),
        'callback-contacts': json(answers.callbackContacts),
        'session-keys': isStored('session-keys')
          ? undefined
          : JSON.stringify(firstKey(await newSessionKey(), Math.floor(now / 1_000))),
      };
      const keyArn = keyInUse(keys, NAMES.some(isStored));
      const hasOwnKey = keys.before !== '' || keys.after !== '';
      const encrypted = hasOwnKey
        ? await encryptionKeys(NAMES.map(fullName), region)
        : new Map<string, string>();
      for (const name of NAMES) {
        const parameter = stageParameter(stage, name, region, keyArn);
        const before = stored.get(name);
        const value = values[name] ?? before?.value;
        const key = encrypted.get(parameter.name);
        const isSameKey = key === undefined || keyArn === key || keyArn.endsWith(`/${key}`);
        if (value === undefined) {
          report({ name: parameter.name, outcome: 'absent' });
        } else if (value === before?.value && isSameKey) {
          report({ name: parameter.name, outcome: 'unchanged' });
        } else {
          await parameter.write(value, before?.version);
          report({ name: parameter.name, outcome: 'written' });
        }
      }
    },
  };
}

/** Whether the functions must be deployed before they can read parameters under the new key. */
export function mustDeployFirst({ before, after }: Keys, { appSecret }: Stored): boolean {
  return appSecret && after !== '' && after !== before;
}

/**
 * The key to write with. Running functions may decrypt with AWS's key, and with the key that they were
 * deployed with, so a new one is used only after the next deployment.
 */
function keyInUse({ before, after }: Keys, isRunning: boolean): string {
  if (isRunning && after !== '' && after !== before) return before || AWS_KEY;
  return after || (before === '' ? '' : AWS_KEY);
}
