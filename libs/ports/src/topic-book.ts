/** Which topic a source's events lie in, where what was counted of them is kept too: see `EventLog.topicId`. */
export interface TopicBook {
  /** @returns undefined: nobody has used the topic yet, or has noted it. @throws UnsupportedVersion */
  idOf(topic: string): Promise<string | undefined>;
  /** The first one that is noted stays. @returns the one that is noted */
  note(topic: string, id: string): Promise<string>;
  /** Somebody says that another topic goes on where the one before ended. */
  replace(topic: string, id: string): Promise<void>;
}
