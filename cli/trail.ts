/** Opening the trails that a command looks at. */
import type { TrailReader } from '../traces/index.js';
import type { Context } from './command.js';

/** Opens a trail until the command ends. @throws InputError when it cannot be read */
export async function openTrail(context: Context, path: string): Promise<TrailReader> {
  const { TrailReader } = await import('../traces/index.js');
  const reader = TrailReader.open(path);
  context.atEnd(() => reader.close());
  if (reader.ending === null) {
    context.notice(
      `${path} has no ending: it is still being recorded, or its recorder was killed; what is there is valid`,
    );
  }
  return reader;
}
