/*
 * Loaded before each command of package.json, by every Node.js that has ES modules. The commands are
 * TypeScript, which Node.js runs from 22.18 on. `npm ci` installs Node.js 24 for them (the package `node`),
 * by an install script. Where a package manager runs no install scripts, they get the system's Node.js.
 */
if (!process.features.typescript) {
  const { npm_lifecycle_event: script = 'start', npm_config_user_agent: agent = '' } = process.env;
  const again = script === 'start' ? 'npm start' : `npm run ${script}`;
  const manager = /^(pnpm|yarn|bun)\//.exec(agent)?.[1];
  const by = manager ? ` (${manager})` : '';
  console.error(`wecom-auth needs Node.js 24, and this is ${process.version}${by}.
  npm ci installs it for this project alone, unless install scripts are off. Run:
  npm ci --ignore-scripts=false && ${again}
  Or install Node.js 24: https://nodejs.org

wecom-auth 需要 Node.js 24，当前是 ${process.version}${by}。
  npm ci 会为本项目单独安装，但不能禁用安装脚本。请运行：
  npm ci --ignore-scripts=false && ${again}
  也可以自行安装 Node.js 24：https://nodejs.org`);
  process.exit(1);
}
