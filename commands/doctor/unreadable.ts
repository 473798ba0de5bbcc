import { nameOf } from '../deployment/awsClients.ts';
import { refusalRemedy } from '../deployment/awsRemedy.ts';
import { type Finding, unknown } from './finding.ts';

/**
 * AWS did not show what a check needs.
 *
 * @param error of the SDK
 * @param action the permission that it takes
 */
export function unreadable(
  check: string,
  error: unknown,
  action: string,
  resource: string,
): Finding {
  const reason = nameOf(error);
  const isRefused = /^(AccessDenied|AuthorizationError)/.test(reason);
  const permission = {
    en: `You need ${action} on ${resource}.`,
    zh: `你需要 ${resource} 的 ${action} 权限。`,
  };
  return unknown(
    check,
    { en: `cannot be read: ${reason}`, zh: `无法读取：${reason}` },
    isRefused ? permission : refusalRemedy(reason, permission),
  );
}
