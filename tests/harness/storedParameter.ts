import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';

/** @returns a parameter of SSM, decrypted */
export async function storedParameter(endpoint: string, name: string) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = new SSMClient({ endpoint, region: 'local', credentials });
  const { Parameter } = await client.send(
    new GetParameterCommand({ Name: name, WithDecryption: true }),
  );
  client.destroy();
  return { Value: '', ...Parameter };
}
