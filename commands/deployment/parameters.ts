import { isIPv4 } from 'node:net';
import * as v from 'valibot';

/*
 * The form of the stage's parameters that the functions do not check themselves (problems.ts runs the
 * functions' own checks). Values from the command line are strings.
 */

/** The retentions that CloudWatch Logs accepts. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
  3653,
];

const text = v.string('must be a string. Put it in quotes');

function number(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.digits())], message),
    v.transform(Number),
    v.integer(message),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

const flag = v.union([v.boolean(), v.picklist(['true', 'false'])], 'must be true or false');

function oneOf(values: readonly string[]) {
  return v.picklist(values, `must be one of ${values.join(', ')}`);
}

/** A string of this form, or '' for none. */
function optional(pattern: RegExp, message: string) {
  return v.pipe(
    text,
    v.check((given) => given === '' || pattern.test(given), message),
  );
}

export const REGION = /^[a-z]{2}(-[a-z]+){1,2}-\d$/;

export const LOGOUT_REACH = 'must be public or private';

export const ownParameters = {
  environment: oneOf(['deployed', 'local']),
  // The functions check its characters. WeCom does not document more of its form.
  corpId: v.optional(
    v.custom((given) => !/^\d+$/.test(String(given)), 'is not a CorpID, but looks like an AgentId'),
  ),
  region: v.pipe(text, v.regex(REGION, 'is not an AWS region')),
  runtime: v.pipe(text, v.regex(/^nodejs(2[4-9]|[3-9]\d)\.x$/, 'must be nodejs24.x or later')),
  architecture: oneOf(['arm64', 'x86_64']),
  egress: oneOf(['public', 'fixed']),
  egressAllocationId: optional(
    /^eipalloc-[0-9a-f]{8,17}$/,
    'must be the allocation id of an Elastic IP, such as eipalloc-0a1b2c3d4e5f60718',
  ),
  egressIp: v.pipe(
    text,
    v.check((given) => given === '' || isIPv4(given), 'must be an IPv4 address'),
  ),
  parameterKeyArn: optional(
    /^arn:aws(-cn|-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
    'is not the ARN of a KMS key. An alias is not enough',
  ),
  memorySize: number(128, 10_240),
  corsOrigins: v.pipe(
    v.array(v.string('must be strings'), 'must be a list of origins'),
    v.minLength(1, 'needs the origin of your front end'),
  ),
  // The functions would accept a host with a star, which WeCom and browsers would not.
  redirectUris: v.optional(
    v.pipe(
      text,
      v.check((given) => !given.includes('*'), 'must be whole addresses, without *'),
    ),
  ),
  domainName: optional(
    /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
    'must be a host name in lowercase, without scheme and path',
  ),
  certificateArn: optional(
    /^arn:aws(-cn|-us-gov)?:acm:[a-z0-9-]+:\d{12}:certificate\/[\w-]+$/,
    'is not the ARN of a certificate in ACM',
  ),
  domainProof: optional(
    /^[0-9A-Za-z]{16}$/,
    'must be the 16 letters and digits between WW_verify_ and .txt',
  ),
  eventBus: optional(
    /^[\w.-]{1,256}$/,
    'must be the name of an event bus in the same account and region, not an ARN',
  ),
  throttleRate: number(1, 10_000),
  throttleBurst: number(1, 5_000),
  reservedConcurrency: number(0, 10_000),
  // No `$`: the framework would resolve a variable.
  alarmEmail: optional(
    /^[\w.!#%&'*+/=?^`{|}~-]{1,64}@([a-z0-9-]+\.)+[a-z]{2,63}$/i,
    'is not an e-mail address',
  ),
  logRetentionDays: v.pipe(
    number(1, 3_653),
    v.check(
      (days) => RETENTION_DAYS.includes(days),
      `must be one of ${RETENTION_DAYS.join(', ')}, which are all that CloudWatch accepts`,
    ),
  ),
  xray: flag,
  deletionProtection: flag,
  verifyOpenToAnyone: flag,
  openidProvider: v.union(
    [v.boolean(), v.picklist(['auto', 'true', 'false'])],
    'must be auto, true or false',
  ),
  adminConsole: v.union(
    [v.boolean(), v.picklist(['auto', 'true', 'false'])],
    'must be auto, true or false',
  ),
  // `loopback` is for the local stack: see problems.ts.
  logoutReach: v.picklist(['public', 'private', 'loopback'], LOGOUT_REACH),
};
