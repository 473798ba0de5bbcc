import { type StageParameter, stageParameter } from '../deployment/stageParameter.ts';
import { firstKey, newSessionKey } from '../sessionKeys/rotation.ts';
import type { SecretAnswers, Stored } from './questions.ts';

export interface Result {
  readonly name: string;
  readonly outcome: 'written' | 'unchanged' | 'absent';
}

interface Opened {
  readonly parameter: StageParameter;
  readonly stored: Awaited<ReturnType<StageParameter['read']>>;
}

/** The SecureStrings of a stage as stored before the questions. */
export interface StageSecretStore {
  readonly stored: Stored;
  /** Writes the values that changed, and the first session key if there is none. */
  write(answers: SecretAnswers, now: number): Promise<Result[]>;
}

export async function openSecretStore(stage: string, region: string): Promise<StageSecretStore> {
  const open = async (name: string): Promise<Opened> => {
    const parameter = stageParameter(stage, name, region);
    return { parameter, stored: await parameter.read() };
  };
  const [appSecret, callbackApp, callbackContacts, sessionKeys] = await Promise.all([
    open('app-secret'),
    open('callback-app'),
    open('callback-contacts'),
    open('session-keys'),
  ]);

  async function put({ parameter, stored }: Opened, value: string | undefined): Promise<Result> {
    const { name } = parameter;
    if (value === undefined) return { name, outcome: stored ? 'unchanged' : 'absent' };
    if (stored?.value === value) return { name, outcome: 'unchanged' };
    await parameter.write(value, stored?.version);
    return { name, outcome: 'written' };
  }

  return {
    stored: {
      appSecret: appSecret.stored !== undefined,
      callbackApp: callbackApp.stored !== undefined,
      callbackContacts: callbackContacts.stored !== undefined,
    },
    async write(answers, now) {
      const json = (value: object | undefined) => value && JSON.stringify(value);
      const keys = sessionKeys.stored
        ? undefined
        : firstKey(await newSessionKey(), Math.floor(now / 1_000));
      return [
        await put(appSecret, answers.appSecret),
        await put(callbackApp, json(answers.callbackApp)),
        await put(callbackContacts, json(answers.callbackContacts)),
        await put(sessionKeys, json(keys)),
      ];
    },
  };
}
