/**
 * Who may import whom (design: rooms). Front ends import the protocol, the engine imports every room, rooms import the core,
 * the core imports nothing. A room always may import its own files; a room never imports a sibling room.
 *
 * @typedef {object} Room
 * @property {readonly string[]} rooms rooms whose files may be imported
 * @property {readonly string[]} [types] rooms of which only types may be imported
 * @property {readonly string[]} [files] single files of other rooms (relative to `src/`) that may be imported too
 * @property {readonly string[]} [doors] the only files of the room that others may import; types may be taken from every file
 * @property {readonly string[]} packages npm packages that may be imported
 * @property {boolean} [node] whether the built-in modules of Node may be imported; true unless said
 * @property {boolean | RegExp} [processes] whether (or in which files, relative to `src/`) `node:child_process` may be imported
 */

const rooms = [
  'state',
  'git',
  'watch',
  'executors',
  'agents',
  'supervision',
  'scheduling',
  'planning',
  'trackers',
  'notify',
];

/**
 * What every front end may take from the core at run time: the error type, what it may tell of its environment, the names of
 * settings, which of a few words was meant, and how text of agents is made fit to be shown.
 */
const coreForFrontEnds = [
  'core/counted.ts',
  'core/defined.ts',
  'core/errors.ts',
  'core/environment.ts',
  'core/printable.ts',
  'core/settings/keys.ts',
  'core/settings/suggest.ts',
];

/** The editor's settings are checked by the rows of the table before they travel. */
const settingsForExtension = ['core/settings/table.ts'];

/** @type {Readonly<Record<string, Room>>} */
export const layers = {
  core: { rooms: [], packages: ['zod'], node: false },
  protocol: {
    rooms: ['core'],
    packages: ['zod', 'vscode-jsonrpc'],
    processes: /^protocol\/client\/launch[^/]*\.ts$/, // every front end starts the engine the same way
  },

  state: { rooms: ['core'], doors: ['state/state-manager.ts'], packages: ['sql.js', 'zod'] },
  git: { rooms: ['core'], packages: ['diff', 'simple-git'], processes: true },
  watch: { rooms: ['core'], packages: [] },
  executors: { rooms: ['core'], packages: ['dockerode', 'ssh2', 'zod'], processes: true },
  agents: {
    rooms: ['core'],
    packages: ['zod', '@agentclientprotocol/sdk'],
    processes: /^agents\/acp\/program\//, // a program of its own, which starts the agent
  },
  supervision: { rooms: ['core'], packages: ['unbash', 'zod'] },
  scheduling: { rooms: ['core'], packages: ['zod'] },
  planning: { rooms: ['core'], packages: ['zod', 'yaml'] },
  trackers: { rooms: ['core'], packages: ['zod'] },
  notify: { rooms: ['core'], packages: ['zod'] },

  engine: {
    rooms: ['core', 'protocol', ...rooms],
    packages: ['zod', 'vscode-jsonrpc', 'yaml'],
    processes: /^engine\/(.+\/)?launch[^/]*\.ts$/,
  },

  cli: {
    rooms: ['protocol'],
    types: ['core'],
    files: [...coreForFrontEnds, 'core/mcp.ts'],
    packages: ['commander', 'vscode-jsonrpc', 'zod'],
    processes: /^cli\/(.+\/)?launch[^/]*\.ts$/,
  },
  mcp: { rooms: ['protocol'], types: ['core'], files: coreForFrontEnds, packages: ['vscode-jsonrpc', 'zod'] },
  extension: {
    rooms: ['protocol'],
    types: ['core'],
    files: [...coreForFrontEnds, ...settingsForExtension],
    packages: ['vscode', '@vscode/l10n', 'vscode-jsonrpc', 'zod'],
    processes: /^extension\/notifications\/desktop\.ts$/, // what the desktop has for messages is a program
  },
};
