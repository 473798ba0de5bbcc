import { readFileSync } from 'node:fs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

function event(name: string): APIGatewayProxyEventV2 {
  return JSON.parse(readFileSync(`events/${name}.json`, 'utf8'));
}

/** Asks about user123, who has a grant. */
export const verifyEvent = event('verify');

const template = event('getUserInfo');

/** A sign-in of the member with this userid: the WeCom of bench/edge takes a code for one. */
export function signInEvent(userid: string): APIGatewayProxyEventV2 {
  return { ...template, body: JSON.stringify({ code: userid }) };
}
