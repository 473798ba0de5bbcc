import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

function event(name: string): APIGatewayProxyEventV2 {
  return JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
}

/** A verify request for user123, who has a grant. */
export const verifyEvent = event('verify');

const template = event('getUserInfo');

/** A sign-in of this member. The WeCom of tests/harness/edge takes the code as the userid. */
export function signInEvent(userid: string): APIGatewayProxyEventV2 {
  return { ...template, body: JSON.stringify({ code: userid }) };
}
