/** Speaking to hosts that are not on the list. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, lineOf, parsed, type Invocation } from '../invocation.ts';
import type { Place } from '../place.ts';
import { isUnknown, unknown } from '../text.ts';
import { finding, type Rule } from './rule.ts';

/** Speaking to hosts that are not on the list. */
export const network: Rule = (invocation, place) => {
  const uploads = isUpload(invocation);
  const hosts = new Set([...hostsOf(invocation), ...deviceHosts(invocation)]);
  return [...[...hosts].flatMap((each) => judgedHost(each, place, uploads)), ...tunnels(invocation)];
};

/** Programs that let anybody reach what runs here. */
function tunnels(invocation: Invocation): readonly Finding[] {
  const { name, args } = invocation;
  const opens =
    ['ngrok', 'localtunnel', 'lt', 'bore', 'devtunnel', 'pagekite', 'expose'].includes(name) ||
    (name === 'cloudflared' && args.includes('tunnel')) ||
    (name === 'tailscale' && /^(?:funnel|serve)$/u.test(args[0] ?? ''));
  return opens && !args.some((each) => /^--?(?:version|help)$/u.test(each))
    ? [finding('network', 'critical', 'It opens this machine to others, with', lineOf(invocation))]
    : [];
}

/** What speaking to the host means. `uploads`: something is sent there. */
export function judgedHost(host: string, { hosts }: Place, uploads: boolean): readonly Finding[] {
  const name = host
    .toLowerCase()
    .replace(/\.$/u, '')
    .replace(/^\[(.*)\]$/u, '$1');
  if (hosts.some((each) => name === each || name.endsWith(`.${each}`))) return [];
  if (isUnknown(host)) {
    return [
      finding(
        'network',
        uploads ? 'critical' : 'warning',
        uploads ? 'It sends data to a host that cannot be told' : 'It speaks to a host that cannot be told',
      ),
    ];
  }
  return [
    finding(
      'network',
      uploads ? 'critical' : 'warning',
      uploads ? 'It sends data to' : 'It speaks to',
      host,
      ', which is not on the list of hosts',
    ),
  ];
}

/** The host of an address, or undefined when there is none in it. */
export function hostOf(address: string): string | undefined {
  if (address.startsWith(unknown)) return unknown;
  const url = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^@/]*@)?(\[[^\]]*\]|[^:/?#]+)/iu.exec(address);
  return url?.[1];
}

const bareHosts = ['curl', 'wget', 'http', 'https', 'aria2c', 'lynx'];
const connectors = [
  'nc',
  'ncat',
  'netcat',
  'telnet',
  'ftp',
  'sftp',
  'ssh',
  'mosh',
  'socat',
  'ping',
  'dig',
  'nslookup',
  'host',
  'nmap',
  'openssl',
  'getent',
];
const remotes = ['scp', 'rsync'];
const valued: Readonly<Record<string, readonly string[]>> = {
  curl: [
    '-H',
    '-d',
    '-X',
    '-o',
    '-u',
    '-F',
    '-T',
    '-A',
    '-e',
    '-b',
    '-c',
    '-K',
    '-m',
    '-w',
    '--header',
    '--data',
    '--data-raw',
    '--data-binary',
    '--data-urlencode',
    '--request',
    '--output',
    '--user',
    '--form',
    '--upload-file',
    '--user-agent',
    '--cookie',
    '--max-time',
    '--connect-timeout',
    '--retry',
    '--retry-delay',
    '--write-out',
    '--json',
    '--cacert',
    '--resolve',
    '--output-dir',
  ],
  wget: [
    '-O',
    '-P',
    '-o',
    '-t',
    '-T',
    '-U',
    '--header',
    '--post-data',
    '--post-file',
    '--output-document',
    '--directory-prefix',
    '--tries',
    '--timeout',
    '--user-agent',
  ],
  ssh: ['-i', '-p', '-o', '-l', '-F', '-J', '-L', '-R', '-D', '-c', '-E', '-b', '-m', '-S', '-W'],
  nc: ['-w', '-p', '-s', '-i', '-q', '-e', '-c', '-X', '-x'],
  scp: ['-P', '-i', '-o', '-F', '-J', '-l', '-c'],
  rsync: ['-e', '--rsh', '--exclude', '--include', '--filter'],
  ping: ['-c', '-w', '-W', '-i', '-s'],
};

function hostsOf(invocation: Invocation): readonly string[] {
  const { name, args } = invocation;
  const { operands } = parsed(args, valued[name === 'ncat' || name === 'netcat' ? 'nc' : name] ?? []);
  // What a file of settings, or standard input, has it fetch cannot be told.
  if (name === 'curl' && args.some((each) => /^-[a-zA-Z]*K|^--config/u.test(each))) return [unknown];
  if (bareHosts.includes(name)) return operands.map((each) => hostOf(each) ?? hostOf(`//${each}`) ?? unknown);
  if (connectors.includes(name)) return connected(name, args, operands);
  if (Object.hasOwn(stores, name)) return storeHosts(name, args);
  if (remotes.includes(name)) {
    return operands.flatMap((each) => hostOf(each) ?? /^(?:[^@/:]+@)?([^/:@]+):(?!\/\/)/u.exec(each)?.[1] ?? []);
  }
  if (name === 'git') return ofGit(args);
  return packageSources(name, args);
}

/** Clients of stores elsewhere: the words with which they move data, and where they go. */
const stores: Readonly<Record<string, { readonly moves: RegExp; readonly host: string }>> = {
  rclone: { moves: /^(?:copy|copyto|sync|bisync|move|moveto|rcat|cat|serve|mount)$/u, host: unknown },
  aws: { moves: /^(?:cp|sync|mv|put-object|rb|rm)$/u, host: 'amazonaws.com' },
  s3cmd: { moves: /^(?:put|sync|get|mv|cp|del)$/u, host: 'amazonaws.com' },
  gsutil: { moves: /^(?:cp|rsync|mv|rm)$/u, host: 'storage.googleapis.com' },
  az: { moves: /^(?:upload|upload-batch|copy)$/u, host: 'core.windows.net' },
  mc: { moves: /^(?:cp|mirror|mv|pipe)$/u, host: unknown },
};

function storeHosts(name: string, args: readonly string[]): readonly string[] {
  const store = stores[name];
  return store !== undefined && args.some((each) => store.moves.test(each)) ? [store.host] : [];
}

function connected(name: string, args: readonly string[], operands: readonly string[]): readonly string[] {
  if (name === 'openssl')
    return args[0] === 's_client' ? [args[args.indexOf('-connect') + 1]?.split(':')[0] ?? unknown] : [];
  if (name === 'socat') {
    return args.flatMap(
      (each) => /^(?:TCP|UDP|SSL|OPENSSL|TCP4|TCP6|SOCKS4A?|PROXY)[\w-]*:([^:,]+)/iu.exec(each)?.[1] ?? [],
    );
  }
  if (has(parsed(args), '-l') && name.startsWith('n')) return [];
  if (name === 'getent') return /^a?hosts/u.test(operands[0] ?? '') ? operands.slice(1, 2) : [];
  const [target] = operands.filter((each) => !each.startsWith('@') && !each.startsWith('+'));
  return target === undefined ? [] : [hostOf(target) ?? target.replace(/^[^@]*@/u, '').replace(/:\d+$/u, '')];
}

function ofGit(args: readonly string[]): readonly string[] {
  const { operands } = parsed(args, ['-c', '-C', '--git-dir', '--work-tree'], true);
  const [command, ...rest] = operands;
  if (!['clone', 'push', 'pull', 'fetch', 'ls-remote', 'remote', 'submodule', 'archive'].includes(command ?? ''))
    return [];
  return rest.flatMap((each) => hostOf(each) ?? /^[\w.-]+@([\w.-]+):/u.exec(each)?.[1] ?? []);
}

/** Package managers go where they always go, unless they are told an address. */
function packageSources(name: string, args: readonly string[]): readonly string[] {
  const managers = [
    'npm',
    'npx',
    'pnpm',
    'yarn',
    'bun',
    'pip',
    'pip3',
    'uv',
    'pipx',
    'poetry',
    'cargo',
    'go',
    'gem',
    'docker',
    'podman',
    'brew',
    'apt',
    'apt-get',
    'deno',
  ];
  if (!managers.includes(name)) return [];
  if ((name === 'docker' || name === 'podman') && /^(?:pull|push)$/u.test(args[0] ?? '')) {
    // The first part of an image is a host if it looks like one.
    return args.slice(1).flatMap((each) => /^([\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)\//u.exec(each)?.[1] ?? []);
  }
  return args.flatMap((each) => hostOf(each.replace(/^(--[\w-]+=|git\+)/u, '')) ?? []);
}

/** `/dev/tcp/host/port` of bash. */
function deviceHosts({ reads, writes, args }: Invocation): readonly string[] {
  return [...reads, ...writes, ...args].flatMap((each) => /\/dev\/(?:tcp|udp)\/([^/]+)/u.exec(each)?.[1] ?? []);
}

/** Programs that send whatever they are given. */
const sending = new Set(['nc', 'ncat', 'netcat', 'socat', 'telnet', ...Object.keys(stores)]);

function isUpload({ name, args, writes }: Invocation): boolean {
  if (sending.has(name)) return true;
  const options = parsed(args, valued[name] ?? []);
  switch (name) {
    case 'curl':
      return has(
        options,
        '-d',
        '-F',
        '-T',
        '--data',
        '--data-raw',
        '--data-binary',
        '--data-urlencode',
        '--form',
        '--upload-file',
        '--json',
      );
    case 'wget':
      return has(options, '--post-data', '--post-file', '--body-data', '--body-file');
    case 'http':
    case 'https':
      return args.some((each) => /^(POST|PUT|PATCH)$/u.test(each) || /^\w+(=|:=|@)/u.test(each));
    case 'scp':
    case 'rsync':
      return /^(?:[^@/:]+@)?[^/:@]+:/u.test(options.operands.at(-1) ?? '');
    case 'git':
      return args.includes('push');
    default:
      return writes.some((each) => each.startsWith('/dev/tcp/') || each.startsWith('/dev/udp/'));
  }
}

/** Findings about an address that a tool is given. */
export function judgedAddress(address: string, place: Place): readonly Finding[] {
  const host = hostOf(address) ?? hostOf(`//${address}`);
  return host === undefined ? [] : judgedHost(host, place, false);
}
