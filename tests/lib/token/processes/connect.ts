/**
 * Connects to DynamoDB, as an instance that had the token before is. Fifty processes that start on two
 * cores are slow, so each tries up to twenty times.
 */
export async function connect(read: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await read();
      return;
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
