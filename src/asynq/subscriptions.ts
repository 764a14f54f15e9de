/** What is told to a subscriber. Must not throw. */
export interface ChannelListener {
  onMessage(payload: string): void;
  /**
   * The subscription works from now on (again; at its first success too): what was published before is not known.
   * `reason` says why, for a log line.
   */
  onGap(reason: string): void;
}

/** Redis pub/sub as this library needs it; who gives it owns the connection and makes it again when it is lost. */
export interface Subscriptions {
  /** Answers how to end it. Several listeners of one channel share one subscription. */
  subscribe(channel: string, listener: ChannelListener): () => void;
}
