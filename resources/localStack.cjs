// The addresses of `npm start` on this machine, for `serverless invoke local` and for the stage's file. They
// follow PORT, of the environment or of .env. local/settings.ts lists the ports.
const { existsSync, readFileSync } = require('node:fs');
const { parseEnv } = require('node:util');

const environmentFile = existsSync('.env')
  ? parseEnv(readFileSync('.env', 'utf8').replace(/^\uFEFF/, ''))
  : {};
const port = Number(process.env.PORT || environmentFile.PORT || 3000);
const at = (offset) => `http://127.0.0.1:${port + offset}`;

module.exports = {
  site: `http://localhost:${port}`,
  redirectUris: `http://localhost:${port}/,http://127.0.0.1:${port}/`,
  wecom: at(500),
  ssm: at(502),
  dynamoDb: at(503),
  invocation: at(504),
  eventBridge: at(505),
  sqs: at(506),
  eventQueue: `${at(506)}/000000000000/wecom-auth-local-events`,
};
