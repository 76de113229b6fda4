/**
 * Which part of a shell's environment an agent gets (design §2): never that of whoever started the engine, never the
 * markers of an editor or a runtime, and secrets always apart from what may be journalled.
 *
 * A name goes through this table from top to bottom:
 *
 * | rule       | what happens                                                                   |
 * |------------|--------------------------------------------------------------------------------|
 * | not a name | dropped: shell functions (`BASH_FUNC_…%%`), names that POSIX does not know     |
 * | `never`    | dropped: loader hooks, runtime markers, shell state; no agent can ask for them |
 * | secret     | by name (`secretWords`, unless it is in `base`) or by value (`secretValues`)   |
 * | `base`     | given to every agent                                                           |
 * | the rest   | given when the agent asks for it by a pattern                                  |
 */

/** Environment of a requester: plain values, and secrets, which are held in memory and never written. */
export interface RequesterEnvironment {
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What an agent asks for beside `base`: exact names, or `PREFIX_*`. */
export interface EnvironmentPatterns {
  /** Names that are given, as a secret when they are one. */
  readonly allow: readonly string[];
  /** Names that are given and always treated as secrets. */
  readonly secrets: readonly string[];
}

/** Limits of the wire (`protocol/schemas.ts`: 256 and 65,536 characters), and of all values together. */
const limits = { name: 256, value: 65_536, total: 1024 * 1024 } as const;

/** Dropped whoever asks: they change what a program loads, mark a runtime, or describe the requester's own shell. */
const never: readonly string[] = [
  // code that other programs load at their start
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_REPL_EXTERNAL_MODULE', 'BASH_ENV', 'ENV', 'LD_*', 'DYLD_*', 'PYTHONSTARTUP'],
  ...['PYTHONPATH', 'PYTHONHOME', 'PERL5OPT', 'PERL5LIB', 'RUBYOPT', 'RUBYLIB', 'JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS'],
  // markers of the runtime around the requester, and of ours
  ...['VSCODE_*', 'ELECTRON_*', 'COPPICE_*', 'npm_*', 'INIT_CWD', 'NODE_CHANNEL_*', 'NODE_UNIQUE_ID', 'CHROME_*'],
  // where git looks and what it runs; who the author is stays (`base`)
  'GIT_*',
  // state of the requester's shell and terminal
  ...[
    '_',
    'PWD',
    'OLDPWD',
    'SHLVL',
    'SHELLOPTS',
    'BASHOPTS',
    'BASH_FUNC_*',
    'PROMPT_COMMAND',
    'PS1',
    'PS2',
    'PS4',
    'IFS',
  ],
  ...['CDPATH', 'COLUMNS', 'LINES', 'HISTFILE', 'GPG_TTY', 'TMUX', 'TMUX_PANE', 'STY', 'WINDOWID', 'TERM_SESSION_ID'],
];

/** Given to every agent. */
const base: readonly string[] = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'LC_*', 'TZ', 'TERM', 'COLORTERM', 'XDG_*'],
  ...['TMPDIR', 'TMP', 'TEMP', 'SSH_AUTH_SOCK', 'WSL_DISTRO_NAME', 'WSL_INTEROP'],
  ...['GIT_AUTHOR_NAME', 'GIT_AUTHOR_EMAIL', 'GIT_COMMITTER_NAME', 'GIT_COMMITTER_EMAIL'],
  // the way out of a company's network
  ...['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE'],
  // where tool chains live
  ...['JAVA_HOME', 'ANDROID_HOME', 'ANDROID_SDK_ROOT', 'GOPATH', 'GOROOT', 'GOBIN', 'CARGO_HOME', 'RUSTUP_HOME'],
  ...['NVM_DIR', 'VOLTA_HOME', 'PNPM_HOME', 'PYENV_ROOT', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'RBENV_ROOT', 'GEM_HOME'],
  ...['SDKMAN_DIR', 'DOTNET_ROOT', 'HOMEBREW_PREFIX'],
];

/** A name with one of these anywhere is a secret. `AUTH` also meets a few harmless names, which are in `base`. */
const secretWords =
  // A number of tokens is no token.
  /KEY|TOKEN(?!S)|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|AUTH|COOKIE|BEARER|PRIVATE|(^|_)(PASS|PWD|PAT|JWT|DSN)(_|$)/i;

/** Values that give themselves away, whatever their name. */
const secretValues: readonly RegExp[] = [
  // a URL with a password, a token in place of a user, or a token in its query
  /\b[a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:[^/?#\s@]+@/i,
  /\bhttps?:\/\/[^/?#\s@]+@/i,
  /[?&](access_token|api_?key|auth|key|password|secret|sig|signature|token)=[^&\s]/i,
  /\b(Basic|Bearer) [A-Za-z0-9+/._~-]{8,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
  // JSON web token
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/,
  // GitHub, GitLab, npm, PyPI, Hugging Face
  /\b(gh[opusr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,})/,
  /\b(npm_[A-Za-z0-9]{20,}|pypi-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{20,})/,
  // model services, Stripe, SendGrid, DigitalOcean, Grafana
  /\b(sk|rk|pk)[-_][A-Za-z0-9_-]{16,}/,
  /\b(SG\.[A-Za-z0-9_-]{16,}|dop_v1_[a-f0-9]{20,}|glsa_[A-Za-z0-9_]{20,})/,
  // AWS, Google, Slack
  /\b((AKIA|ASIA)[A-Z0-9]{16}|AIza[A-Za-z0-9_-]{30,}|ya29\.[A-Za-z0-9_-]{16,}|xox[a-z]-[A-Za-z0-9-]{10,}|xapp-[A-Za-z0-9-]{10,})/,
];

const posixName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Variables with the prefix of settings that are none: addresses, marks of a run, and marks of the test lanes. */
const noSettings = [
  'COPPICE_HOME',
  'COPPICE_SESSION',
  'COPPICE_RUN',
  'COPPICE_AGENT_STATE',
  'COPPICE_WORKTREE',
  'COPPICE_SESSION_ID',
  'COPPICE_PORT',
  'COPPICE_TEST_*',
  'COPPICE_TRACE_*',
];

/** The variables of a shell that set something: each is known as a setting, or refused by name. */
export function settingVariables(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[0].startsWith('COPPICE_') && !matchesAny(entry[0], noSettings),
  );
  return Object.fromEntries(given);
}

/** True for an exact name, or for `PREFIX_*` with at least one character before the star. */
function matches(name: string, pattern: string): boolean {
  if (!pattern.endsWith('*')) return name === pattern;
  const prefix = pattern.slice(0, -1);
  return prefix !== '' && name.startsWith(prefix);
}

function matchesAny(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => matches(name, pattern));
}

function isDropped(name: string, value: string): boolean {
  if (!posixName.test(name) || name.length > limits.name || value.length > limits.value || value.includes('\0'))
    return true;
  return matchesAny(name, never) && !base.includes(name);
}

/** True when a variable has to be kept out of every file, log and argument list. */
export function isSecret(name: string, value: string): boolean {
  if (secretWords.test(name) && !matchesAny(name, base)) return true;
  return secretValues.some((shape) => shape.test(value));
}

/**
 * What a front end sends of its shell's environment: without the table's dropped names, secrets apart, bounded. When it
 * is more than 1 MiB in all, `base` goes first and then the names in order, as far as they fit.
 */
export function requesterOf(env: Readonly<Record<string, string | undefined>>): RequesterEnvironment {
  const split = { env: new Map<string, string>(), secrets: new Map<string, string>() };
  let room: number = limits.total;
  for (const [name, value] of ordered(env)) {
    const size = name.length + value.length;
    if (isDropped(name, value) || size > room) continue;
    room -= size;
    split[isSecret(name, value) ? 'secrets' : 'env'].set(name, value);
  }
  return { env: Object.fromEntries(split.env), secrets: Object.fromEntries(split.secrets) };
}

function ordered(env: Readonly<Record<string, string | undefined>>): [string, string][] {
  const rank = (name: string): number => (matchesAny(name, base) ? 0 : 1);
  return Object.entries(env)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

/**
 * What an agent gets of a requester's environment: `base` and its own patterns. The engine does not believe the requester:
 * everything is classified again, so a secret that was sent as plain comes out as a secret.
 */
export function allowed(requester: RequesterEnvironment, patterns: EnvironmentPatterns): RequesterEnvironment {
  const plain = requesterOf(requester.env);
  const sent = requesterOf(requester.secrets);
  const secret = new Map([plain.secrets, sent.env, sent.secrets].flatMap((each) => Object.entries(each)));
  const asked = [...base, ...patterns.allow];
  const env = new Map<string, string>();
  for (const [name, value] of Object.entries(plain.env)) {
    if (secret.has(name)) continue;
    if (matchesAny(name, patterns.secrets)) secret.set(name, value);
    else if (matchesAny(name, asked)) env.set(name, value);
  }
  const given = [...secret].filter(([name]) => matchesAny(name, asked) || matchesAny(name, patterns.secrets));
  return { env: Object.fromEntries(env), secrets: Object.fromEntries(given) };
}
