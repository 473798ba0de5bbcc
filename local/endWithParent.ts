import { isMainThread } from 'node:worker_threads';
import { whenParentEnds } from './parentEnd.ts';

// Loaded before serverless-offline, which would otherwise keep running and hold the ports after its
// parent is killed. It leads its own process group. Each function is a thread that loads this too.
if (isMainThread) whenParentEnds(() => process.kill(-process.pid, 'SIGKILL'));
