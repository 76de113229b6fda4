/**
 * The branches of a repository. Read from git's files, which takes a fraction of the time that starting a git process
 * takes; whatever is not plain there (a link, a symbolic branch, a name git would not take, very many files) is left to git
 * itself, so that a branch is never missing for the way in which it is kept.
 */
import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { allOf } from './all-of.ts';
import { textOf } from './door.ts';
import { readRegular } from './files.ts';
import { isBranchName } from './names.ts';
import type { Repository } from './repository.ts';

/** Branches and remote HEADs of one moment. */
export interface Refs {
  /** Commit by local branch. */
  readonly branches: ReadonlyMap<string, string>;
  /** Default branch by remote. */
  readonly remoteHeads: ReadonlyMap<string, string>;
}

/** All local branches and the default branches of all remotes, so that rules decide on one moment. */
export async function readRefs(repository: Repository): Promise<Refs> {
  return (await refsFromFiles(repository.location.commonDir)) ?? askForRefs(repository);
}

/** The commit of a local branch, or undefined when there is none. */
export async function branchCommit(repository: Repository, branch: string): Promise<string | undefined> {
  const { commonDir } = repository.location;
  const found = await plainly(async () => {
    if (!isPlainName(branch)) throw new NotPlain();
    const text = await read(join(commonDir, 'refs', 'heads', branch));
    return { commit: text === undefined ? (await packedRefs(commonDir)).branches.get(branch) : objectId(text) };
  });
  return found === undefined ? (await askForRefs(repository)).branches.get(branch) : found.commit;
}

/** The commit that a ref of ours names, or undefined when there is none. @param ref its full name, of plain letters. */
export async function refCommit(repository: Repository, ref: string): Promise<string | undefined> {
  const { commonDir } = repository.location;
  const found = await plainly(async () => {
    const text = await read(join(commonDir, ref));
    return { commit: text === undefined ? packedCommit((await packedRefs(commonDir)).text, ref) : objectId(text) };
  });
  if (found !== undefined) return found.commit;
  const answer = await repository.run(['rev-parse', '--quiet', '--verify', ref], { okCodes: [0, 1] });
  return answer.code === 0 ? textOf(answer) : undefined;
}

function packedCommit(text: string, ref: string): string | undefined {
  const line = text.split('\n').find((each) => each.endsWith(` ${ref}`));
  return line === undefined ? undefined : objectId(line.slice(0, line.indexOf(' ')));
}

/** The names of all local branches, without their commits. */
export async function branchNames(repository: Repository): Promise<ReadonlySet<string>> {
  const { commonDir } = repository.location;
  const found = await plainly(async () => {
    const loose = await looseNames(commonDir);
    return new Set([...loose, ...(await packedRefs(commonDir)).branches.keys()]);
  });
  return found ?? new Set((await askForRefs(repository)).branches.keys());
}

/** As git tells them. */
export async function askForRefs(repository: Repository): Promise<Refs> {
  const format = '--format=%(refname)%00%(objectname)%00%(symref)';
  const answer = textOf(await repository.run(['for-each-ref', format, 'refs/heads/', 'refs/remotes/*/HEAD']));
  const branches = new Map<string, string>();
  const remoteHeads = new Map<string, string>();
  for (const line of answer.split('\n')) {
    const [name = '', commit = '', target = ''] = line.split('\0');
    const remote = /^refs\/remotes\/(.+)\/HEAD$/.exec(name)?.[1];
    if (name.startsWith('refs/heads/')) branches.set(name.slice('refs/heads/'.length), commit);
    else if (remote !== undefined && target !== '') {
      remoteHeads.set(remote, target.slice(`refs/remotes/${remote}/`.length));
    }
  }
  return { branches, remoteHeads };
}

/** More loose refs than this are read faster by git. */
const looseLimit = 256;
const packedBytes = 16 * 1024 * 1024;

/** Something that only git may judge. */
class NotPlain extends Error {}

/** Undefined when something is not plain. */
async function plainly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotPlain) return undefined;
    throw error;
  }
}

/** The same from the files of a shared git directory; undefined when something in them is not plain. */
export async function refsFromFiles(commonDir: string): Promise<Refs | undefined> {
  return plainly(async () => {
    // Packing writes the packed file before it deletes the loose ones, so in this order none is missed.
    const loose = await allOf((await looseNames(commonDir)).map((name) => looseBranch(commonDir, name)));
    const targets = await remoteTargets(commonDir);
    const packed = await packedRefs(commonDir);
    const branches = new Map([...packed.branches, ...loose.filter((each) => each !== undefined)]);
    const remoteHeads = new Map<string, string>();
    for (const [remote, target] of targets) {
      if (await exists(commonDir, target, packed.text)) {
        remoteHeads.set(remote, target.slice(`refs/remotes/${remote}/`.length));
      }
    }
    return { branches, remoteHeads };
  });
}

async function looseNames(commonDir: string): Promise<string[]> {
  const names: string[] = [];
  const folders = [''];
  for (let prefix = folders.pop(); prefix !== undefined; prefix = folders.pop()) {
    for (const entry of await list(join(commonDir, 'refs', 'heads', prefix))) {
      const name = `${prefix}${entry.name}`;
      if (entry.isDirectory()) folders.push(`${name}/`);
      else if (entry.name.endsWith('.lock')) continue;
      else if (entry.isFile() && isPlainName(name)) names.push(name);
      else throw new NotPlain();
      if (names.length + folders.length > looseLimit) throw new NotPlain();
    }
  }
  return names;
}

/** Undefined when it was deleted, or packed, since it was listed. */
async function looseBranch(commonDir: string, name: string): Promise<[string, string] | undefined> {
  const text = await read(join(commonDir, 'refs', 'heads', name));
  return text === undefined ? undefined : [name, objectId(text)];
}

/** Where the HEADs of remotes point, as whole ref names by remote. */
async function remoteTargets(commonDir: string): Promise<[string, string][]> {
  const folder = join(commonDir, 'refs', 'remotes');
  const remotes = (await list(folder)).filter((entry) => entry.isDirectory());
  if (remotes.length > looseLimit) throw new NotPlain();
  const targets = await allOf(
    remotes.map(async ({ name }): Promise<[string, string] | undefined> => {
      const text = await read(join(folder, name, 'HEAD'));
      if (text === undefined) return undefined;
      const target = /^ref: (refs\/remotes\/.+)\n?$/.exec(text)?.[1];
      if (target?.startsWith(`refs/remotes/${name}/`) !== true || target.includes('..')) throw new NotPlain();
      return [name, target];
    }),
  );
  return targets.filter((each) => each !== undefined);
}

/** Git does not count a HEAD whose branch is gone. */
async function exists(commonDir: string, ref: string, packed: string): Promise<boolean> {
  if (packed.includes(` ${ref}\n`)) return true;
  return (await read(join(commonDir, ref))) !== undefined;
}

/** What `packed-refs` says, '' when there is none; undefined when only git may judge it. */
export function packedRefsText(commonDir: string): Promise<string | undefined> {
  return plainly(async () => (await packedRefs(commonDir)).text);
}

interface Packed {
  readonly stamp: string;
  readonly text: string;
  readonly branches: ReadonlyMap<string, string>;
}

const noPacked: Packed = { stamp: '', text: '', branches: new Map() };
const knownPacked = new Map<string, Packed>();
const repositoriesKept = 32;

/** Parsed once for as long as the file stays the same: it is only ever replaced as a whole. */
async function packedRefs(commonDir: string): Promise<Packed> {
  const file = join(commonDir, 'packed-refs');
  const info = present(() => statSync(file, { bigint: true }));
  if (info === undefined) return noPacked;
  if (info.size > packedBytes) throw new NotPlain();
  const stamp = `${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs}`;
  const known = knownPacked.get(commonDir);
  if (known?.stamp === stamp) return known;
  const text = (await read(file)) ?? '';
  const branches = text.split('\n').flatMap((line): [string, string][] => {
    const name = /^[0-9a-f]{40,64} refs\/heads\/(.+)$/.exec(line)?.[1];
    if (name === undefined) return [];
    if (!isPlainName(name)) throw new NotPlain();
    return [[name, objectId(line.slice(0, line.indexOf(' ')))]];
  });
  const packed = { stamp, text, branches: new Map(branches) };
  knownPacked.delete(commonDir);
  knownPacked.set(commonDir, packed);
  const [oldest] = knownPacked.keys();
  if (knownPacked.size > repositoriesKept && oldest !== undefined) knownPacked.delete(oldest);
  return packed;
}

/** A name that git takes, and whose bytes are text. */
function isPlainName(name: string): boolean {
  return isBranchName(name) && !name.includes('\uFFFD');
}

function objectId(text: string): string {
  const id = text.trimEnd();
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id) || /^0+$/.test(id)) throw new NotPlain();
  return id;
}

async function list(folder: string): Promise<Dirent[]> {
  return present(() => readdirSync(folder, { withFileTypes: true })) ?? [];
}

async function read(file: string): Promise<string | undefined> {
  return present(() => {
    const text = readRegular(file, packedBytes);
    if (text === undefined) throw new NotPlain();
    return text;
  });
}

/** What there is to be seen at once; undefined when there is nothing. */
function present<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw new NotPlain();
    return undefined;
  }
}
