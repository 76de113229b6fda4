/** The prompt as the agent gets it: what was written, and the files that it refers to as paths, never as their content. */
import type { Attachment } from '../../protocol/webview/session-panel.ts';

/** Text of a prompt with its attachments. */
export function promptText(text: string, attachments: readonly Attachment[]): string {
  if (attachments.length === 0) return text;
  const list = attachments.map((each) => `- ${referenceTo(each)}`).join('\n');
  return text.trim() === '' ? `Look at:\n${list}` : `${text}\n\nFiles this is about:\n${list}`;
}

function referenceTo({ path, lines }: Attachment): string {
  if (lines === undefined) return path;
  return lines.from === lines.to ? `${path}, line ${lines.from}` : `${path}, lines ${lines.from} to ${lines.to}`;
}
