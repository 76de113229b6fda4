/** Reading what gives access to something: key files, tokens, the environment. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { lineOf, parsed, type Invocation } from '../invocation.ts';
import { absolute, isBelow, type Place } from '../place.ts';
import { isTelling, secret } from '../text.ts';
import { finding, type Rule } from './rule.ts';

/** Below the home directory, or anywhere: `~` is the home directory. */
const files = [
  /^~\/\.ssh\/(?!known_hosts|config$|.*\.pub$)/u,
  /^~\/\.(aws|azure|oci)(\/|$)/u,
  /^~\/\.config\/(gh|hub|gcloud|op|doctl|rclone|github-copilot)(\/|$)/u,
  /^~\/\.(netrc|npmrc|pypirc|git-credentials|pgpass|my\.cnf|vault-token|boto|s3cfg|yarnrc\.yml)$/u,
  /^~\/\.(docker\/config\.json|kube\/config|gem\/credentials|cargo\/credentials(\.toml)?|m2\/settings\.xml|terraform\.d\/credentials.*)$/u,
  /^~\/\.(gnupg|password-store|mozilla|claude\/\.credentials\.json|codex\/auth\.json|gemini\/oauth_creds\.json)(\/|$)/u,
  /^~\/(Library\/Keychains|\.local\/share\/keyrings)(\/|$)/u,
  /^~\/\.ssh\/?$/u,
  /^\/etc\/(shadow|gshadow|sudoers|ssh\/ssh_host_.*_key|krb5\.keytab)/u,
  /^\/proc\/[^/]+\/environ$/u,
  /^\/(var\/)?run\/secrets(\/|$)/u,
  /\/id_(rsa|dsa|ecdsa|ed25519)$/u,
  /\.(pem|p12|pfx|jks|keystore|kdbx|ppk)$/u,
  /\/\.git\/config$/u,
];
/** A file of settings that projects keep out of git because of what is in it. */
const environmentFile = /(^|\/)\.env(\.(?!example|sample|template|dist|defaults|test$)[\w.]+)?$/u;

/** Programs that name a file without showing what is in it. */
const blindTo = new Set([
  'ls',
  'stat',
  'test',
  '[',
  'echo',
  'printf',
  'chmod',
  'chown',
  'touch',
  'mkdir',
  'rm',
  'file',
  'which',
  'du',
  'cd',
  'export',
  'basename',
  'dirname',
  'realpath',
  'readlink',
  'git',
  'find',
  'ssh-add',
  'ssh-keygen',
  'unlink',
  'mv',
  'alias',
  'docker',
]);

/** Reading secrets. */
export const credentials: Rule = (invocation, place) => [
  ...pathsOf(invocation, place).flatMap((each) => judgedRead(each, invocation.cwd, place)),
  ...shownVariables(invocation),
  ...stores(invocation),
];

/** Their last operand is written, not read. */
const copying = new Set(['cp', 'ln', 'install', 'rsync', 'scp']);

/** A bare word is a search or a message in the worktree, and a file where the command works elsewhere. */
function pathsOf({ name, args, reads, cwd }: Invocation, { worktree }: Place): readonly string[] {
  if (name === 'docker') return args[0] === 'cp' ? args.slice(1, -1) : reads;
  if (name === 'git') return args.includes('--no-index') ? args.filter((each) => !each.startsWith('-')) : reads;
  const sources = copying.has(name) ? args.slice(0, -1) : args;
  const named = blindTo.has(name) ? [] : sources.map((each) => each.replace(/^(?:--?[\w-]+=|@|[\w-]+=@|if=)/u, ''));
  const words = isBelow(cwd, worktree) ? /[/.]/u : /^[^-]/u;
  return [...named, ...reads].filter((each) => words.test(each));
}

/** What reading the path would give away. */
export function judgedRead(path: string, cwd: string, place: Place): readonly Finding[] {
  const full = absolute(path, cwd) ?? path;
  const homely = full.startsWith(`${place.home}/`)
    ? `~${full.slice(place.home.length)}`
    : full.replace(/^\/root\//u, '~/');
  // What cannot be told of a path may be less than what is known of its end.
  if (files.some((each) => each.test(homely) || each.test(path))) {
    return [finding('credential-read', 'critical', 'It reads credentials from', path)];
  }
  return environmentFile.test(full)
    ? [finding('credential-read', 'warning', 'It reads secrets of the project from', path)]
    : [];
}

function shownVariables(invocation: Invocation): readonly Finding[] {
  const { name, args, stdin } = invocation;
  const bare = args.length === 0 && ['env', 'printenv', 'set', 'export'].includes(name);
  if (
    bare ||
    ((name === 'export' || name === 'declare') && args.every((each) => /^-[px]+$/u.test(each)) && args.length > 0)
  ) {
    return [finding('credential-read', 'warning', 'It shows the whole environment, with', lineOf(invocation))];
  }
  // `ps e` of BSD shows what each process was given.
  if (name === 'ps' && args.some((each) => /^[a-zA-Z]*e[a-zA-Z]*$/u.test(each)))
    return [
      finding('credential-read', 'critical', 'It shows the environment of other processes, with', lineOf(invocation)),
    ];
  const tells =
    name === 'printenv'
      ? args.some(isTelling)
      : (speaking.has(name) && args.some((each) => each.includes(secret))) ||
        (passing.has(name) && stdin.text?.includes(secret) === true);
  return tells
    ? [finding('credential-read', 'critical', 'It shows a secret of the environment, with', lineOf(invocation))]
    : [];
}

/** What they are fed they print, as it is or in another form. */
const passing = new Set([
  'cat',
  'base64',
  'xxd',
  'od',
  'hexdump',
  'tr',
  'rev',
  'sed',
  'awk',
  'head',
  'tail',
  'sort',
  'fold',
]);

const speaking = new Set(['echo', 'printf', 'print', 'tee', 'wall', 'logger']);

const askingStores: Readonly<Record<string, readonly (readonly string[])[]>> = {
  gh: [
    ['auth', 'token'],
    ['auth', 'status'],
  ],
  glab: [['auth', 'token']],
  aws: [
    ['configure', 'get'],
    ['sts', 'get-session-token'],
    ['secretsmanager', 'get-secret-value'],
    ['configure', 'export-credentials'],
  ],
  gcloud: [
    ['auth', 'print-access-token'],
    ['auth', 'print-identity-token'],
    ['secrets', 'versions'],
  ],
  az: [
    ['account', 'get-access-token'],
    ['keyvault', 'secret'],
  ],
  security: [['find-generic-password'], ['find-internet-password'], ['dump-keychain'], ['export']],
  'secret-tool': [['lookup'], ['search']],
  pass: [['show'], ['ls']],
  op: [['read'], ['item'], ['signin']],
  bw: [['get'], ['list'], ['export']],
  vault: [['read'], ['kv'], ['print']],
  kubectl: [
    ['get', 'secret'],
    ['get', 'secrets'],
    ['describe', 'secret'],
  ],
  git: [['credential-store'], ['credential-cache'], ['credential-osxkeychain']],
  gpg: [['--export-secret-keys'], ['--export-secret-key']],
  npm: [
    ['token', 'list'],
    ['config', 'get', '_authToken'],
  ],
};

function stores(invocation: Invocation): readonly Finding[] {
  const wanted = Object.hasOwn(askingStores, invocation.name) ? askingStores[invocation.name] : undefined;
  if (wanted === undefined) return [];
  const { operands, options } = parsed(invocation.args);
  const words = [...operands, ...options];
  const hit = wanted.some((each) =>
    each.every((word, at) => (word.startsWith('-') ? words.includes(word) : words[at] === word)),
  );
  return hit ? [finding('credential-read', 'critical', 'It asks a store of secrets, with', lineOf(invocation))] : [];
}
