// Every stage's file, by its name: a new stage is a new file.
const { readdirSync } = require('node:fs');

const files = readdirSync(__dirname).filter((file) => file.endsWith('.yml'));

module.exports = Object.fromEntries(
  files.map((file) => [file.slice(0, -'.yml'.length), `\${file(./stages/${file})}`]),
);
