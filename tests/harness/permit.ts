import { grantItem } from '../../lib/permissions/grant.ts';
import type { Stack } from './stack.ts';

/** Writes a grant, for tests that are not about granting. */
export async function permit(stack: Stack, subject: string, permission = 'access'): Promise<void> {
  await stack.permissions.put(
    grantItem(stack.wecom.company.corpid, {
      subject,
      permission,
      effect: 'allow',
      by: 'test',
      at: 0,
    }),
  );
}
