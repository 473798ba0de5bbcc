// The file of each stage by the stage's name. A new file in this folder is a new stage.
const { readdirSync } = require('node:fs');

const files = readdirSync(__dirname).filter((file) => file.endsWith('.yml'));

module.exports = Object.fromEntries(
  files.map((file) => [file.slice(0, -'.yml'.length), `\${file(./stages/${file})}`]),
);
