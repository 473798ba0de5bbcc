#!/usr/bin/env node
// Node.js 20 is the oldest that runs it. An older one would only say that a name is not exported.
if (Number(process.versions.node.split('.')[0]) < 20) {
  console.error(`wecom-emulator needs Node.js 20 or newer, and this is ${process.version}.
wecom-emulator 需要 Node.js 20 或更高版本，当前是 ${process.version}。`);
  process.exit(1);
}
const { commandLine } = await import('./dist/wecom-emulator.js');
await commandLine(process.argv.slice(2));
