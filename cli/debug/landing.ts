/** Where a move came to, in a few lines: what stopped it, the event, and the cells that it changed. */
import { formatPage } from '../../base/index.js';
import type { Effect } from '../../replayer/index.js';
import { count, nanoseconds } from '../format.js';
import type { Output } from '../output.js';
import type { EventLine } from './events.js';
import type { Landing, Session } from './session.js';

/** Lines of changes that are shown. */
const LINES_MAX = 8;

export function printLanding(out: Output, landing: Landing, session: Session): void {
  const { style } = out;
  for (const { stop, before, after } of landing.hits) {
    const what = stop.stop.kind === 'event' ? 'breakpoint' : 'watchpoint';
    const values = before === null ? '' : `: ${before} -> ${after}`;
    out.line(`${style.yellow(`${what} ${stop.number}`)}, ${stop.text}${values}`);
  }
  if (landing.ended === 'interrupted') out.line(style.yellow('interrupted'));
  if (landing.ended === 'end') out.line(style.dim('the trail ends here'));
  if (landing.ended === 'start') out.line(style.dim('the trail begins here'));
  if (landing.event === null) {
    out.line(`${style.bold('at 0')}  before the first of ${count(session.lastSeq)} events`);
    return;
  }
  out.line(eventLine(out, landing.event, landing.epoch));
  for (const line of effectLines(landing.effects)) out.line(`  ${line}`);
}

/** `at 8  40 ns  epoch 1  kernel on cpu 0  pte  page 0x10: ... (clean)  [harvest, clean]` */
function eventLine({ style }: Output, event: EventLine, epoch: number): string {
  const step = event.step === '' ? '' : `  ${style.dim(`[${event.step}]`)}`;
  return `${style.bold(`at ${event.seq}`)}  ${nanoseconds(event.timeNs)}  epoch ${epoch}  ${event.who}  ${style.cyan(event.kind)}  ${event.text}${step}`;
}

/** Changes by what they are about; neighbouring pages that changed alike share a line. */
export function effectLines(effects: readonly Effect[], limit = LINES_MAX): string[] {
  const bySubject = new Map<string, { page: number; texts: string[] }>();
  for (const { subject, page, cell, before, after } of effects) {
    const group = bySubject.get(subject) ?? { page, texts: [] };
    group.texts.push(`${cell === '' ? '' : `${cell} `}${before} -> ${after}`);
    bySubject.set(subject, group);
  }
  const lines: Array<{ subject: string; first: number; last: number; text: string }> = [];
  for (const [subject, { page, texts }] of bySubject) {
    const text = texts.join(', ');
    const previous = lines.at(-1);
    if (
      page >= 0 &&
      previous !== undefined &&
      previous.last === page - 1 &&
      previous.text === text &&
      previous.first >= 0
    )
      previous.last = page;
    else lines.push({ subject, first: page, last: page, text });
  }
  const shown = lines
    .slice(0, limit)
    .map(({ subject, first, last, text }) =>
      first === last ? `${subject}: ${text}` : `pages ${formatPage(first)}..${formatPage(last)}: ${text}`,
    );
  return lines.length > limit ? [...shown, `... and ${count(lines.length - limit)} more changes`] : shown;
}
