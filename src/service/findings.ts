import type { ContractFault } from './contract.ts';

/** What a check has found out so far. */
export interface Findings {
  readonly proved: { what: string; detail: string }[];
  readonly faults: ContractFault[];
  readonly warnings: string[];
}
