/** What a container of a run is made of. Pure. */
import type { ContainerCreateOptions } from 'dockerode';
import type { ContainerPolicy, RunSpec } from '../executor.ts';

/** All that is made carries these labels, so that cleaning up touches nothing else. */
export const labels = {
  ours: 'coppice',
  home: 'coppice.home',
  session: 'coppice.session',
  run: 'coppice.run',
} as const;

/** A folder of objects. */
export interface LentObjects {
  readonly path: string;
  /** It has a list of further folders, which are named as this host knows them. */
  readonly lists: boolean;
}

/** Folders and files of this host that the container sees. All paths are absolute. */
export interface ContainerPlace {
  /** `media/run.sh`. */
  readonly wrapper: string;
  /** The session's own git directory; undefined for work that is in no repository. */
  readonly git: string | undefined;
  /** A file with the line that leads from the worktree to `/git`. */
  readonly dotGit: string;
  /** Objects of the repository and of those that it borrows from, lent read-only; see `objectsAt`. */
  readonly objects: readonly LentObjects[];
  /** An empty file. */
  readonly nothing: string;
  /** Folder with the socket that leads to the model; for the network `model`. */
  readonly model?: string;
  /** Home of the agent, kept from run to run. */
  readonly home: string;
  /** Owner of the worktree. */
  readonly uid: number;
  readonly gid: number;
}

const mebibyte = 1024 * 1024;
export const view = { workspace: '/workspace', run: '/session/run', home: '/home/agent' } as const;

/** Where the container finds the folders of objects that it is lent: the repository's own, then those that this one borrows. */
export function objectsAt(index: number): string {
  return index === 0 ? '/objects' : `/objects-${index + 1}`;
}

/** The machine on which the daemon runs, as it says; what it does not say is unknown. */
export interface DaemonMachine {
  readonly NCPU?: number;
  /** Bytes. */
  readonly MemTotal?: number;
}

/** What containers that are there may use. */
export interface Share {
  readonly memoryBytes: number;
  readonly cpus: number;
  /** It belongs to the data directory of whoever looks. */
  readonly own: boolean;
}

/** Of the machine, for all containers together; the rest stays for everything else on it. */
export const shareOfMachine = 0.75;

/** With less memory, in megabytes, hardly any agent comes to its first answer. */
const leastMegabytes = 256;

/** Processors that every container may use, however many there are: time on them is shared, not used up. */
const leastCpus = 1;

/**
 * The policy, as far as that machine goes: what is left beside the containers that are there is divided among this one and those that may
 * still come (`places`). Undefined when too little memory is left.
 */
export function within(
  policy: ContainerPolicy,
  { NCPU: cpus = 0, MemTotal: bytes = 0 }: DaemonMachine,
  there: readonly Share[] = [],
): ContainerPolicy | undefined {
  const { places = 1 } = policy;
  const parts = Math.max(1, places - there.filter(({ own }) => own).length);
  const most = Math.floor((bytes * shareOfMachine) / mebibyte);
  const left = most - Math.ceil(sum(there, ({ memoryBytes }) => memoryBytes) / mebibyte);
  const memoryMegabytes = Math.min(policy.memoryMegabytes, Math.floor(left / parts));
  if (most > 0 && memoryMegabytes < Math.min(policy.memoryMegabytes, leastMegabytes, Math.floor(most / places)))
    return undefined;
  const part = (cpus * shareOfMachine - sum(there, (each) => each.cpus)) / parts;
  return {
    ...policy,
    ...(cpus > 0 && { cpus: Math.min(policy.cpus, Math.max(leastCpus, hundredths(part))) }),
    ...(most > 0 && { memoryMegabytes }),
  };
}

function sum(there: readonly Share[], of: (each: Share) => number): number {
  return there.reduce((total, each) => total + of(each), 0);
}

/** Rounded down; the smallest part of a processor that a daemon takes. */
function hundredths(value: number): number {
  return Math.floor(value * 100 + 1e-6) / 100;
}

/** `coppice-1f2e3d4c-2`: the beginning of the session's id, and the run. */
export function containerName(session: string, run: number): string {
  return `coppice-${session}-${run}`;
}

/**
 * Reads the environment and the command line (words of ours, each quoted) from its standard input, so that `docker inspect` shows
 * neither; brings the index of git up to date; then the wrapper takes over.
 */
const prelude = [
  'eval "$(cat)"',
  'command -v "$1" >/dev/null 2>&1 || exit 69',
  'if [ -d /git ] && command -v git >/dev/null 2>&1; then git reset -q >/dev/null 2>&1; fi',
  'if /usr/bin/env --default-signal=INT,QUIT true 2>/dev/null; then set -- /usr/bin/env --default-signal=INT,QUIT "$@"; fi',
  'exec sh /session/run.sh /session/run /session/stream.jsonl /session/stderr.log "$MODE" "$@"',
];

const proxyPort = 3128;

/** Runs in the container: hands connections on to the socket that leads to the model. No quotes, for the shell around it. */
const relay = [
  'const n=require(`net`);n.createServer({allowHalfOpen:true},(a)=>{',
  'const b=n.connect({path:`/run/model/s`,allowHalfOpen:true});',
  'a.on(`error`,()=>b.destroy());b.on(`error`,()=>a.destroy());a.pipe(b).pipe(a)})',
  `.listen(${proxyPort},\`127.0.0.1\`,()=>console.log(\`ready\`))`,
].join('');

/** A container without a network finds its model at a proxy of its own, which is there before the agent is. */
const modelPrelude = [
  'command -v node >/dev/null 2>&1 || exit 70',
  'mkfifo /tmp/.model || exit 70',
  `node -e '${relay}' </dev/null >/tmp/.model 2>/dev/null &`,
  'read -r ready </tmp/.model || exit 70',
  'rm -f /tmp/.model',
  ...['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map(
    (name) => `export ${name}=http://127.0.0.1:${proxyPort}`,
  ),
  'unset NO_PROXY no_proxy ALL_PROXY all_proxy',
];

/** What the container runs first. */
function entry(duplex: boolean, network: ContainerPolicy['network']): string {
  const lines = network === 'model' ? [...prelude.slice(0, -1), ...modelPrelude, ...prelude.slice(-1)] : prelude;
  return lines.join('\n').replace('"$MODE"', duplex ? 'duplex' : 'plain');
}

/** The request that makes the container of a run. */
export function containerOf(
  spec: RunSpec,
  place: ContainerPlace,
  policy: ContainerPolicy,
  engine: string,
): ContainerCreateOptions {
  return {
    name: containerName(spec.session, spec.run),
    Image: policy.image,
    Entrypoint: ['/bin/sh', '-c', entry(spec.duplex, policy.network), 'coppice'],
    Cmd: [],
    User: `${place.uid}:${place.gid}`,
    WorkingDir: view.workspace,
    Env: [`HOME=${view.home}`, ...(place.git === undefined ? [] : gitEnvironment)],
    Labels: {
      [labels.ours]: '1',
      [labels.home]: engine,
      [labels.session]: spec.session,
      [labels.run]: String(spec.run),
    },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    Tty: false,
    HostConfig: {
      Mounts: [
        bind(spec.cwd, view.workspace, false),
        bind(spec.directory, view.run, false),
        bind(`${spec.directory}/in`, `${view.run}/in`, true),
        bind(`${spec.directory}/command.json`, `${view.run}/command.json`, true),
        bind(place.wrapper, '/session/run.sh', true),
        bind(spec.streamPath, '/session/stream.jsonl', false),
        bind(spec.stderrPath, '/session/stderr.log', false),
        bind(place.home, view.home, false),
        ...(policy.ssh === undefined ? [] : [bind(policy.ssh, `${view.home}/.ssh`, true)]),
        ...(place.model === undefined ? [] : [bind(place.model, '/run/model', true)]),
        ...(place.git === undefined
          ? []
          : [bind(place.git, '/git', false), bind(place.dotGit, `${view.workspace}/.git`, true)]),
        ...place.objects.flatMap(({ path, lists }, index) => [
          bind(path, objectsAt(index), true),
          // All that it names is lent, and listed where the container finds it.
          ...(lists ? [bind(place.nothing, `${objectsAt(index)}/info/alternates`, true)] : []),
        ]),
      ],
      Init: true,
      NetworkMode: policy.network === 'open' ? 'bridge' : 'none',
      Memory: policy.memoryMegabytes * mebibyte,
      MemorySwap: policy.memoryMegabytes * mebibyte,
      NanoCpus: Math.round(policy.cpus * 1e9),
      PidsLimit: policy.processes,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Tmpfs: { '/tmp': 'rw,nosuid,nodev,size=512m,mode=1777' },
      LogConfig: { Type: 'none', Config: {} },
      RestartPolicy: { Name: 'no' },
    },
  };
}

/** Taken as configuration that is protected; no file is needed for it. */
const gitEnvironment = [
  'GIT_CONFIG_COUNT=3',
  'GIT_CONFIG_KEY_0=safe.directory',
  'GIT_CONFIG_VALUE_0=*',
  'GIT_CONFIG_KEY_1=gc.auto',
  'GIT_CONFIG_VALUE_1=0',
  'GIT_CONFIG_KEY_2=core.hooksPath',
  'GIT_CONFIG_VALUE_2=/dev/null',
];

function bind(Source: string, Target: string, ReadOnly: boolean) {
  return { Type: 'bind' as const, Source, Target, ReadOnly };
}
