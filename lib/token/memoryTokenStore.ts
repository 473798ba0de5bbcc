import { emptyRecord, type TokenRecord } from './tokenRecord.ts';
import type { TokenStore } from './tokenStore.ts';

/** The record in this process alone: what serves while DynamoDB does not (fallbackTokenStore.ts). */
export function createMemoryTokenStore(): TokenStore {
  let record: TokenRecord = emptyRecord;
  return {
    read: async () => record,
    async replace(seen, next) {
      if (record.version !== seen.version) return false;
      record = next;
      return true;
    },
  };
}
