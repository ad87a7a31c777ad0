/** The version of this pagetrail, from package.json: one folder up in the sources, two in the build. */
import { existsSync, readFileSync } from 'node:fs';

export function version(): string {
  const near = new URL('../package.json', import.meta.url);
  const url = existsSync(near) ? near : new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { version: string }).version;
}
