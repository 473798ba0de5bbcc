import { readFileSync } from 'node:fs';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { parse } from 'yaml';
import { EXIT, ExitError } from '../administration/exit.ts';
import { personalSettings } from '../deployment/awsClients.ts';
import type { Target } from '../doctor/target.ts';

/**
 * The key of the pseudonyms in the log: that of the functions' own environment, so that it is the one
 * in use.
 *
 * @throws ExitError if the functions have none; the SDK's error
 */
export async function readLogKey({ stage, local, region }: Target): Promise<string> {
  if (local) {
    const environment = parse(readFileSync('resources/environment.yml', 'utf8'), { merge: true });
    return environment.local.LOG_KEY;
  }
  const client = new LambdaClient(personalSettings(region));
  const FunctionName = `wecom-auth-${stage}-verify`;
  try {
    const { Environment } = await client.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const key = Environment?.Variables?.['LOG_KEY'];
    if (key) return key;
  } finally {
    client.destroy();
  }
  throw new ExitError(EXIT.failed, {
    zh: `函数 ${FunctionName} 的环境变量中没有 LOG_KEY，因此日志中没有假名：请部署当前版本，npm run deploy -- --stage ${stage}。已有的日志仍可按 request:<id> 查询。`,
    en: `The environment of the function ${FunctionName} has no LOG_KEY, so the log has no pseudonyms: deploy this version, npm run deploy -- --stage ${stage}. For what is in the log already, ask about request:<id>.`,
  });
}
