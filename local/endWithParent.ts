import { isMainThread } from 'node:worker_threads';
import { whenParentEnds } from './parentEnd.ts';

// Loaded before serverless-offline: with its parent killed, it would go on and hold the ports. It
// leads a process group of its own; each function is a thread, which loads this too.
if (isMainThread) whenParentEnds(() => process.kill(-process.pid, 'SIGKILL'));
