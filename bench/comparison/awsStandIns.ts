import { once } from 'node:events';
import { SECRET_PARAMETER, startAws } from '../aws.ts';

/*
 * DynamoDB and SSM for the functions, in a process of their own, as they are on AWS:
 *
 *   fork('awsStandIns.ts', [<secret>])
 *
 * Its message is the environment that points to them. A message to it is a new secret.
 */
const { environment, ssm } = await startAws(process.argv[2] ?? '');
process.on('message', (secret) => {
  ssm.put(SECRET_PARAMETER, String(secret));
  process.send?.('stored');
});
process.send?.(environment);
await once(process, 'disconnect');
process.exit();
