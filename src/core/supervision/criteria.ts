/** The acceptance criteria that a task names in its own text: data for judges, never an instruction to them. */

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
