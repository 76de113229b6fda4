import * as z from 'zod';

/**
 * A path relative to the top of the worktree. Bytes of it that are not valid UTF-8 are lone surrogates, U+DC80 to U+DCFF for
 * 0x80 to 0xFF, so that every path of a repository has exactly one spelling.
 */
export const treePathSchema = z.string().min(1).max(4096);
