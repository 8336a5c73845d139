'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const file = join(__dirname, '..', 'prebuilds', `${process.platform}-${process.arch}`,
  'holdfast.node');

if (!existsSync(file)) {
  throw new Error(`holdfast: ${file} is missing: run "npm rebuild holdfast", and see README.md`);
}

module.exports = require(file);
