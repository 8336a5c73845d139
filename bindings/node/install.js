'use strict';

// npm runs this: node install.js [--build | --pack]
//
// Uses the addon in prebuilds/ when it loads here, else builds it with CMake from the sources
// around this folder. --build builds it anyhow; --pack readies the folder for `npm pack`.

const { spawnSync } = require('node:child_process');
const { copyFileSync, existsSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..', '..');
const hasSources = existsSync(join(root, 'capi', 'include', 'holdfast.h'));
const build = join(__dirname, 'build');

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

function whyItDoesNotLoad() {
  try {
    require('./lib/native.js');
    return undefined;
  } catch (error) {
    return error.message;
  }
}

function buildIt() {
  const generator = spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  run('cmake', ['-S', root, '-B', build, ...(existsSync(build) ? [] : generator),
    '-DCMAKE_BUILD_TYPE=Release', '-DHOLDFAST_NODE=ON', '-DHOLDFAST_TESTS=OFF',
    '-DHOLDFAST_EXAMPLES=OFF', '-DHOLDFAST_INSTALL=OFF', '-DHOLDFAST_WERROR=OFF']);
  run('cmake', ['--build', build, '--target', 'holdfast_node', '--parallel']);
}

function main(option) {
  const why = whyItDoesNotLoad();
  if (why !== undefined || option === '--build') {
    if (!hasSources) {
      throw new Error(`the addon does not load on this machine, and there is nothing here to ` +
        `build it from; see "Prebuilt" in README.md. ${why}`);
    }
    buildIt();
  }
  if (option === '--pack' && hasSources) {
    copyFileSync(join(root, 'LICENSE'), join(__dirname, 'LICENSE'));
  }
}

try {
  main(process.argv[2]);
} catch (error) {
  console.error(`holdfast: ${error.message}`);
  process.exitCode = 1;
}
