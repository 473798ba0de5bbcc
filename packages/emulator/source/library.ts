/**
 * The package's library: an emulated WeCom in a test's own process.
 *
 * @example
 * import { startWecom } from 'wecom-emulator';
 * const wecom = await startWecom();
 * // Point the client at wecom.url.
 * const code = wecom.codes.mint({ userid: 'user123' });
 * await wecom.close();
 */
export type { CallbackTarget } from './callbacks/target.ts';
export { fixtureCompany } from './company.ts';
export { readCompany } from './companyFile.ts';
export { type CompanySize, companyOfSize, userIdOf } from './companyOfSize.ts';
export type { CodeRequest } from './credentials/mintCode.ts';
export type {
  App,
  Company,
  Department,
  Member,
  Tag,
  Visitor,
  Webhook,
} from './directory/types.ts';
export type { SentMessage } from './messages/outbox.ts';
export { type Behaviour, DEFAULT_BEHAVIOUR, type WecomOptions } from './options.ts';
export { startWecom, type Wecom } from './server.ts';
export type { CallEntry } from './wire/callLog.ts';
export type { FaultRequest } from './wire/faults.ts';
export type { Rule } from './wire/rule.ts';
