import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

/** @returns a parameter of SSM, decrypted */
export async function storedParameter(endpoint: string, name: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SSMClient({ endpoint, region: 'local', credentials });
  const { Parameter } = await client.send(
    new GetParameterCommand({ Name: name, WithDecryption: true }),
  );
  client.destroy();
  if (Parameter?.Value === undefined) throw new Error(`${name} has no value`);
  return { ...Parameter, Value: Parameter.Value };
}
