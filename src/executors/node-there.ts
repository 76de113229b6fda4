/** Why Node is asked for where an agent is to run, as the beginning of a text; empty for any other program. */
export function becauseOfNode(command: string): string {
  return command === 'node'
    ? 'An agent that speaks ACP works below a program of Coppice, which needs Node 20 or later beside it. '
    : '';
}
