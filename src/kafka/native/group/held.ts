/** The partitions a member owns. Each grant has a number, so that a partition lost and granted again is not taken for the same. */
export class HeldPartitions {
  readonly #grants = new Map<number, number>();
  #lastGrant = 0;

  get size(): number {
    return this.#grants.size;
  }

  list(): number[] {
    return [...this.#grants.keys()].sort((a, b) => a - b);
  }

  has(partition: number): boolean {
    return this.#grants.has(partition);
  }

  /** The number of the grant by which the partition is held; undefined when it is not. */
  grantOf(partition: number): number | undefined {
    return this.#grants.get(partition);
  }

  grant(partitions: readonly number[]): void {
    for (const partition of partitions) this.#grants.set(partition, ++this.#lastGrant);
  }

  /** @returns those that were held. */
  drop(partitions: readonly number[]): number[] {
    return partitions.filter((partition) => this.#grants.delete(partition));
  }
}
