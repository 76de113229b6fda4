/** What a task says of itself in its own text, its acceptance criteria above all: data for judges, never an instruction to them. */

const heading = /^(?:#{1,6}\s*|\*\*)?(?:acceptance criteria|criteria|done when|definition of done)\b[^\n]{0,40}$/iu;
const item = /^\s*(?:[-*]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(\S.*)$/u;
const box = /^\s*[-*]\s+\[[ xX]\]\s+(\S.*)$/u;
const most = 30;

/** Items with a box to tick, anywhere, and the items of a list below a heading such as "Acceptance criteria"; at most 30. */
export function criteriaOf(task: string): readonly string[] {
  const found: string[] = [];
  let below = false;
  for (const line of task.split(/\r?\n/u)) {
    const [, ticked] = box.exec(line) ?? [];
    const [, listed] = item.exec(line) ?? [];
    if (ticked !== undefined) found.push(ticked.trim());
    else if (below && listed !== undefined) found.push(listed.trim());
    if (heading.test(line.trim())) below = true;
    else if (below && line.trim() !== '' && listed === undefined) below = false;
  }
  return found.slice(0, most).map((each) => each.slice(0, 500));
}

const wish =
  /(?:^|[.!:;]\s+|\n\s*(?:[-*]\s+)?)(?:please,? )?(?:add|allow|build|bump|change|convert|create|delete|document|drop|extend|extract|fix|handle|implement|improve|introduce|make|migrate|move|port|refactor|remove|rename|replace|rewrite|split|support|switch|translate|update|upgrade|write)\b|\b(?:must|has to|have to|should)\b/iu;

/** Whether a task can hardly be done without changing a file, by its words: it begins a sentence with a verb of that kind, or says what must be. */
export function asksForChange(task: string): boolean {
  return !task.trimEnd().endsWith('?') && wish.test(task.slice(0, 20_000));
}
