/** What the engine runs from, beside each other in one folder: the build puts all of it there, and a start copies all of it. */
export const engineFiles = [
  'engine.js',
  'cli.js',
  'dockerode.js',
  'ssh2.js',
  'demo-agent.js',
  'acp-bridge.js',
  'help-server.js',
  'remote.sh',
  'run.sh',
  'sql-wasm.wasm',
  'prompt-continue.md',
  'prompt-escalate.md',
  'prompt-check.md',
  'prompt-review.md',
] as const;
