import { EventNotSent } from '../../lib/events/errors.ts';
import { grantChanged } from '../../lib/events/grantChanged.ts';
import { createSendEvents } from '../../lib/events/queue.ts';
import { createSendMessages } from '../../lib/events/sqs.ts';
import type { RecordedLine } from '../../lib/permissions/audit.ts';
import type { App } from '../../lib/tableKeys.ts';
import { localPort, type StageOptions } from '../administration/stage.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import { LOCAL_CREDENTIALS, localEndpoint } from '../deployment/localStack.ts';
import { readStage } from '../deployment/stageFile.ts';

/** Sends changes of grants to the stage's event bus, through its queue. */
export interface GrantEvents {
  /** @throws EventNotSent */
  send(changes: readonly RecordedLine[]): Promise<void>;
  /** The same for a change that was made: a failure is counted in `unsent`. */
  sendMade(change: RecordedLine): Promise<void>;
  /** How many changes were made and not sent, and why the last one was not. */
  readonly unsent: { readonly count: number; readonly reason: string };
}

/** @returns nothing for a stage without an event bus */
export function openEvents(
  { stage, region }: StageOptions,
  environment: NodeJS.ProcessEnv,
  app: App,
): GrantEvents | undefined {
  const parameters = readStage(stage, [], environment);
  if (!parameters?.['eventBus']) return undefined;
  const settings =
    stage === 'local'
      ? localSettings(environment)
      : personalSettings(region ?? String(parameters['region']));
  const sendMessages = createSendMessages(`wecom-auth-${stage}-events`, settings);
  const sendEvents = createSendEvents(Promise.resolve(sendMessages));
  const unsent = { count: 0, reason: '' };

  async function refusal(changes: readonly RecordedLine[]): Promise<string | undefined> {
    return sendEvents(changes.map((change) => grantChanged({ ...app, stage }, change)));
  }
  return {
    unsent,
    async send(changes) {
      const reason = await refusal(changes);
      if (reason) throw new EventNotSent('SQS did not accept the events', { reason });
    },
    async sendMade(change) {
      const reason = await refusal([change]);
      if (reason) Object.assign(unsent, { count: unsent.count + 1, reason });
    },
  };
}

function localSettings(environment: NodeJS.ProcessEnv) {
  return {
    ...personalSettings('local'),
    endpoint: environment['AWS_ENDPOINT_URL_SQS'] || localEndpoint('sqs', localPort(environment)),
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  };
}
