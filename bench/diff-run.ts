/** One comparison in a process of its own: `node diff-run.js A.trail B.trail`. Prints how long it took since the process began, and its memory. */
import { diff } from '../analyzer/index.js';
import { TrailReader } from '../traces/index.js';

const [a, b] = process.argv.slice(2, 4).map((path) => TrailReader.open(path));
diff(a!, b!);
const { user, system } = process.cpuUsage();
const maxRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(
  JSON.stringify({ seconds: performance.now() / 1000, cpuSeconds: (user + system) / 1e6, maxRssBytes }),
);
