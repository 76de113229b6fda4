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

/** Folders and files of this host that the container sees. All paths are absolute. */
export interface ContainerPlace {
  /** `media/run.sh`. */
  readonly wrapper: string;
  /** The session's own git directory; undefined for work that is in no repository. */
  readonly git: string | undefined;
  /** A file with the line that leads from the worktree to `/git`. */
  readonly dotGit: string;
  /** Objects of the repository, borrowed read-only. */
  readonly objects: string | undefined;
  /** Home of the agent, kept from run to run. */
  readonly home: string;
  /** Owner of the worktree. */
  readonly uid: number;
  readonly gid: number;
}

const mebibyte = 1024 * 1024;
export const view = { workspace: '/workspace', run: '/session/run', home: '/home/agent' } as const;

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
].join('\n');

/** The request that makes the container of a run. */
export function containerOf(
  spec: RunSpec,
  place: ContainerPlace,
  policy: ContainerPolicy,
  engine: string,
): ContainerCreateOptions {
  const git = place.git !== undefined && place.objects !== undefined;
  return {
    name: containerName(spec.session, spec.run),
    Image: policy.image,
    Entrypoint: ['/bin/sh', '-c', prelude.replace('"$MODE"', spec.duplex ? 'duplex' : 'plain'), 'coppice'],
    Cmd: [],
    User: `${place.uid}:${place.gid}`,
    WorkingDir: view.workspace,
    Env: [`HOME=${view.home}`, ...(git ? gitEnvironment : [])],
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
        ...(place.git === undefined || place.objects === undefined
          ? []
          : [
              bind(place.git, '/git', false),
              bind(place.objects, '/objects', true),
              bind(place.dotGit, `${view.workspace}/.git`, true),
            ]),
      ],
      Init: true,
      NetworkMode: policy.network === 'none' ? 'none' : 'bridge',
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
