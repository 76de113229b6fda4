/** Syntax and names that the house forbids, by place: `{ selector, message }` for no-restricted-syntax. */

export const everywhere = [
  {
    selector: 'CallExpression[callee.name=/^(exec|execSync)$/], CallExpression[callee.property.name="execSync"]',
    message: 'A command is never a shell string: use spawn or execFile with an argument array.',
  },
  {
    selector: 'ImportSpecifier[imported.name=/^(exec|execSync)$/]',
    message: 'A command is never a shell string: use spawn or execFile with an argument array.',
  },
  {
    selector: 'Property[key.name="shell"][value.value=true], Property[key.value="shell"][value.value=true]',
    message: 'A command is never a shell string: no `shell: true`.',
  },
  {
    selector:
      'ImportDeclaration[source.value="node:child_process"] > :matches(ImportNamespaceSpecifier, ImportDefaultSpecifier)',
    message: 'Import what is used of node:child_process by name.',
  },
  {
    selector: 'TSEnumDeclaration, TSParameterProperty, TSModuleDeclaration[declare!=true], Decorator',
    message: 'Erasable syntax only: sources run by type stripping.',
  },
];

/** The event loop of engine and front ends is never blocked by a child process. */
export const blocking = [
  {
    selector:
      'ImportSpecifier[imported.name=/^(spawnSync|execFileSync)$/], CallExpression[callee.property.name=/^(spawnSync|execFileSync)$/]',
    message: 'A child process is awaited, never waited for synchronously.',
  },
];

const stateFile = '/^(journal|snapshots?)($|[\\u002F.])/';

/** Said by bundlers: `import { z }` takes all of zod's languages along, about 570 kB into each bundle. */
export const heavy = [
  {
    selector: 'ImportDeclaration[source.value="zod"][importKind!="type"] > ImportSpecifier',
    message: "Write `import * as z from 'zod'`: the named import takes zod's languages into the bundle (570 kB).",
  },
];

/** In `src/`, but for `src/state/`. */
export const inProduct = [
  ...blocking,
  ...heavy,
  {
    selector: [
      `CallExpression[callee.name=/^(join|resolve)$/] > Literal[value=${stateFile}]`,
      `CallExpression[callee.property.name=/^(join|resolve)$/] > Literal[value=${stateFile}]`,
      'TemplateElement[value.raw=/\\u002F(journal|snapshots?)($|[\\u002F.])/]',
    ].join(', '),
    message: 'Only src/state/ knows the files of journal and snapshot; ask the StateManager.',
  },
];

/** In `src/core/`: no clock and no chance. */
export const inCore = [
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length!=1]',
    message: 'The core has no clock: take the time as a number.',
  },
  { selector: 'CallExpression[callee.name="Date"]', message: 'The core has no clock: take the time as a number.' },
  {
    selector:
      'MemberExpression[object.name="Date"][property.name="now"], MemberExpression[object.name="Date"][property.value="now"]',
    message: 'The core has no clock: take the time as a number.',
  },
  {
    selector:
      'MemberExpression[object.name="Math"][property.name="random"], MemberExpression[object.name="Math"][property.value="random"]',
    message: 'The core has no randomness: take the value as a parameter.',
  },
];

export const globalsInCore = [
  ...['process', 'Buffer', 'fetch', 'WebSocket', 'navigator', 'require', 'globalThis', 'global'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'performance', 'crypto'],
].map((name) => ({ name, message: 'The core does no I/O and knows no clock and no randomness.' }));

/** In the extension each of these has one door, which keeps its table, its log and its owner. */
export const doorsOfExtension = [
  {
    file: 'src/extension/commands/door.ts',
    selector: 'CallExpression[callee.property.name=/^register(TextEditor)?Command$/]',
    message: 'Commands are registered in extension/commands/door.ts, by their table.',
  },
  {
    file: 'src/extension/context-keys/context-keys.ts',
    selector: 'CallExpression[callee.property.name="executeCommand"] > Literal[value="setContext"]',
    message: 'Context keys are set in extension/context-keys/, by their table.',
  },
  {
    file: 'src/extension/log/log.ts',
    selector: 'CallExpression[callee.property.name="createOutputChannel"]',
    message: 'There is one output channel: extension/log/.',
  },
  {
    file: 'src/extension/messages/messages.ts',
    selector: 'MemberExpression[property.name=/^show(Information|Warning|Error)Message$/]',
    message: 'Messages are shown by extension/messages/: VS Code makes links of what looks like one.',
  },
];
