/** A merge by a person, in VS Code's own Git, with its merge editor. */
import * as vscode from 'vscode';

/** What is used of the programming interface of VS Code's Git (`vscode.git`, version 1). */
interface GitApi {
  openRepository(root: vscode.Uri): Thenable<GitRepository | null>;
}

interface GitRepository {
  /** Rejects when the merge stops, be it at conflicts. */
  merge(ref: string): Thenable<void>;
}

interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** Editors of one kind that are opened at once. */
const mostEditors = 10;

/**
 * Merges a commit into the branch of a worktree as `git merge` does, and opens what is in conflict in the merge editor.
 *
 * @param paths of the files that are in conflict, below the worktree.
 * @returns what stopped the merge before there was anything to resolve; `unavailable` when this VS Code has no Git that could do it.
 */
export async function mergeByHand(
  worktree: string,
  commit: string,
  paths: readonly string[],
): Promise<'merging' | 'unavailable' | { readonly stopped: string }> {
  const repository = await open(worktree);
  if (repository === undefined) return 'unavailable';
  let stopped: string | undefined;
  try {
    await repository.merge(commit);
  } catch (error) {
    stopped = reasonOf(error);
  }
  const root = vscode.Uri.file(worktree);
  const marked: vscode.Uri[] = [];
  for (const path of paths.slice(0, mostEditors)) {
    const uri = vscode.Uri.joinPath(root, path);
    if (await hasMarkers(uri)) marked.push(uri);
  }
  if (marked.length === 0 && stopped !== undefined) return { stopped };
  for (const uri of marked) await vscode.commands.executeCommand('git.openMergeEditor', uri);
  return 'merging';
}

async function open(worktree: string): Promise<GitRepository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  const git = await extension?.activate();
  if (git?.enabled !== true) return undefined;
  const repository = await git.getAPI(1).openRepository(vscode.Uri.file(worktree));
  return typeof repository?.merge === 'function' ? repository : undefined;
}

/** What git said; errors of VS Code's Git are no instances of `Error`, and their message says less. */
function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { stderr, message } = error as { readonly stderr?: unknown; readonly message?: unknown };
  return (
    [stderr, message]
      .find((each) => typeof each === 'string' && each.trim() !== '')
      ?.toString()
      .trim() ?? ''
  );
}

/** Whether git has left its marks of a conflict in a file. */
async function hasMarkers(uri: vscode.Uri): Promise<boolean> {
  try {
    return /^<{7} /mu.test(Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8'));
  } catch {
    return false;
  }
}
