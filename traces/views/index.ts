/** SQL over trails: the views of what is stored, and the query that runs over them and over views from elsewhere. Start at `query.ts`. */
export {
  type Cell,
  exact,
  type ViewColumn,
  type ViewContext,
  type ViewDefinition,
  type ViewParameter,
} from './define.js';
export { describeView } from './describe.js';
export { openQuery, type Query, type QueryResult, type Value } from './query.js';
export { VIEWS } from './views.js';
