/**
 * An instance that had the token before is connected to DynamoDB. Fifty processes that start on two
 * cores are slow to be: each tries as often as it takes.
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
