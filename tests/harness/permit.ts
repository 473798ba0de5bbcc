import { createTable } from '../../lib/dynamodb/table.ts';
import { grantItem } from '../../lib/permissions/grant.ts';
import type { Stack } from './stack.ts';

/** Lets a subject do something from now on; for a test of what follows, not of granting. */
export async function permit(stack: Stack, subject: string, permission = 'access'): Promise<void> {
  const table = createTable(stack.client, stack.environment['PERMISSION_TABLE'] ?? '');
  await table.put(grantItem({ subject, permission, effect: 'allow', by: 'test', at: 0 }));
}
