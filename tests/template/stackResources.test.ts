import { expect, it } from 'vitest';
import { stackResources } from '../../commands/deployment/stackResources.ts';
import { ofType, render } from './render.ts';

it('what the doctor looks for is what a stage with everything has', async () => {
  const template = await render('provider');
  const names = (type: string, property: string) =>
    Object.values(ofType(template, type)).map((each) => each[property]);
  const resources = stackResources(JSON.parse(template.text));
  expect(resources).toEqual({
    alarms: names('AWS::CloudWatch::Alarm', 'AlarmName'),
    logGroups: names('AWS::Logs::LogGroup', 'LogGroupName'),
    metricFilters: [
      {
        logGroup: '/aws/http-api/wecom-auth-prod',
        metricName: 'ThrottledRequests',
        metricNamespace: 'WecomAuth/prod',
        pattern: '{ $.status = "429" }',
      },
      {
        logGroup: '/aws/http-api/wecom-auth-prod',
        metricName: 'GatewayFailures',
        metricNamespace: 'WecomAuth/prod',
        pattern: '{ $.status = "5*" && $.functionError != "-" }',
      },
    ],
    queues: [
      {
        name: 'wecom-auth-prod-person-changes-dead-letters',
        attributes: { MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' },
        hasDeadLetters: false,
      },
      {
        name: 'wecom-auth-prod-sign-outs-dead-letters',
        attributes: { MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' },
        hasDeadLetters: false,
      },
      {
        name: 'wecom-auth-prod-events',
        attributes: {
          VisibilityTimeout: '90',
          MessageRetentionPeriod: '1209600',
          SqsManagedSseEnabled: 'true',
        },
        hasDeadLetters: true,
      },
      {
        name: 'wecom-auth-prod-events-dead-letters',
        attributes: { MessageRetentionPeriod: '1209600', SqsManagedSseEnabled: 'true' },
        hasDeadLetters: false,
      },
    ],
    queueReaders: ['wecom-auth-prod-publishEvents'],
    alarmEmails: [],
    throttleRate: 100,
    throttleBurst: 200,
  });
  expect(resources.alarms).toContain('wecom-auth-prod-latency');
  expect(resources.logGroups).toContain('/aws/lambda/wecom-auth-prod-verify');
  expect(resources.logGroups).toContain('/aws/http-api/wecom-auth-prod');
}, 200_000);
