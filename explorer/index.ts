/**
 * explorer: every interleaving of a small program, and what it shows. The same kernel and driver code as in recordings, run through a table of its
 * transitions on a machine of a few words. Start at `explore.ts`, then `search/`, then `machine/`; programs are in `scenarios/`.
 * May import: every room above it.
 */
export {
  type ComparedRun,
  type CompareHooks,
  type CompareRequest,
  compareRuns,
  type Comparison,
} from './compare/compare.js';
export type { Axes, Refusal, RunSettings } from './compare/combinations.js';
export { CRITERIA, type Criterion, type CriterionId, type Figures } from './compare/criteria.js';
export { type Need, type NeedId, NEEDS } from './compare/needs.js';
export { inUnit, type Recommendation } from './compare/recommend.js';
export { type Exploration, explore, type ExploreOptions } from './explore.js';
export { type Execution, perform, type Step } from './execution.js';
export { mutateAll, type MutateAll, type MutateAllRequest, type MutationRow } from './mutate-all.js';
export { prepareNarrow } from './prepare.js';
export { repair, type Repair, type RepairOptions, type Repairs } from './repair.js';
export { AGAIN } from './proof/again.js';
export type { Guilty, LinkProof, LinkVerdict, Proof } from './proof/proof.js';
export { prove, type ProveOptions } from './proof/prove.js';
export { RULES, type Rule, type RuleId, verdictText } from './rules.js';
export { sample, type Sample, type SampleOptions } from './sample.js';
export { type ScenarioDefinition, type Setting, VARIANTS, type VariantId } from './scenario.js';
export { SCENARIOS } from './scenarios/index.js';
export { shrink, type Shrunk, type ShrinkOptions, type Size, STEP_WORDS, stepText } from './shrink/index.js';
export { type StrategyProgram, strategySetting } from './strategy-scenario.js';
export { writeTrail } from './trail.js';
export {
  litmusOf,
  type LitmusTarget,
  litmusTarget,
  PROGRAM_DEFAULTS,
  programOf,
  scenarioTarget,
  specOf,
  strategyTarget,
  type Target,
  type TargetSpec,
} from './target.js';
export { exploreInThreads, type ThreadOptions } from './threads.js';
export { performed } from './performed.js';
export { type Diagnosis, diagnose } from './present/diagnosis.js';
export { mermaidOf } from './present/mermaid.js';
export type { TextRole } from './present/render-table.js';
export { runText } from './present/run-text.js';
export { type InterleavingTable, tableOf } from './present/table.js';
