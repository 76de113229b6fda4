/**
 * Claude Code names a prompt by a UUID: it echoes it, and it runs each one once per conversation, also when it is written
 * again to a process that took the conversation up (tried with 2.1.197 and 2.1.329). Our prompts are called
 * `<session UUID>:<n>`; the UUID of such a prompt is the session's with `n` in place of its last twelve digits.
 */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;
const digits = 12;

/** The UUID to send a prompt with; undefined when its id is of neither form. */
export function uuidOfPrompt(id: string): string | undefined {
  if (uuid.test(id)) return id.toLowerCase();
  const at = id.lastIndexOf(':');
  const [session, n] = [id.slice(0, at), id.slice(at + 1)];
  if (!uuid.test(session) || !/^\d{1,14}$/u.test(n)) return undefined;
  return session.slice(0, -digits).toLowerCase() + Number(n).toString(16).padStart(digits, '0');
}

/** The id of the prompt that was sent with a UUID; the UUID itself when it is not one of the session's. */
export function promptOfUuid(sent: string, session: string | undefined): string {
  if (session === undefined || !uuid.test(session) || !uuid.test(sent)) return sent;
  const own = session.slice(0, -digits).toLowerCase();
  if (!sent.toLowerCase().startsWith(own)) return sent;
  return `${session}:${Number.parseInt(sent.slice(-digits), 16)}`;
}
