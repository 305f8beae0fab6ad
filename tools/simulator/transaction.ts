/** A card payment in the shape of schemas/transaction.avsc. */
export interface Transaction {
  readonly transaction_id: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  /** Epoch milliseconds. */
  readonly event_time: number;
  /** Of a payment that is emitted at another time than its own: when it happened in the simulated world. */
  readonly simulated_time?: number | null;
  readonly amount: number;
  readonly weekend: boolean;
  readonly night: boolean;
  readonly customer: CustomerHistory;
  readonly terminal: TerminalHistory;
}

export interface CustomerHistory {
  readonly count_1d: number;
  readonly mean_amount_1d: number;
  readonly count_7d: number;
  readonly mean_amount_7d: number;
  readonly count_30d: number;
  readonly mean_amount_30d: number;
}

export interface TerminalHistory {
  readonly count_1d: number;
  readonly risk_1d: number;
  readonly count_7d: number;
  readonly risk_7d: number;
  readonly count_30d: number;
  /** Null when the terminal had no payment in the window. */
  readonly risk_30d: number | null;
}

/** Which of the world's three frauds a payment is: an amount over 220, a compromised terminal, a compromised customer. */
export type FraudScenario = 'none' | 'amount' | 'terminal' | 'customer';

/** A payment together with the truth that only the simulator knows. */
export interface SimulatedTransaction extends Transaction {
  readonly fraud: boolean;
  readonly scenario: FraudScenario;
}
