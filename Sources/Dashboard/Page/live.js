// Where the page's news comes from, best first:
//   1. another tab of this browser that has a stream and passes it on: over HTTP/1.1 a browser
//      allows six connections to a host, so ten tabs must not hold ten of them,
//   2. a stream of our own (Server-Sent Events), passed on to the other tabs,
//   3. asking every five seconds, where no stream can be had.
// A hidden tab holds nothing and begins again when shown. Tabs find each other by BroadcastChannel:
// locks do not exist on a plain-HTTP address in the local network.

const events = [
  "snapshot", "users", "server", "servers", "database", "late", "configuration", "heartbeat",
];
// All in milliseconds. Heartbeats come every 2000.
const silenceLimit = 4000; // without a word for so long: the daemon is lost
const relayLimit = 3000; // without a word from the tab we follow: look for a better source
const replyLimit = 250; // for another tab to say that it has a stream
const openLimit = 3000; // for a stream or an answer to begin
const askEvery = 5000;
const retryEvery = 1000; // while there is no daemon
const asksBeforeStream = 6; // then see whether a stream can be had again

export class Live {
  /// How the last word came: "connecting" (none came yet), "live" or "asking".
  link = "connecting";
  /// When the last word came, on the clock of performance.now().
  heard = performance.now();

  #receive;
  #snapshot;
  #channel = "BroadcastChannel" in window ? new BroadcastChannel("pointsd") : null;
  #identity = Math.random();
  #mode = "hidden"; // or "following", "opening", "leading", "asking", "idle"
  #run = 0; // the number of the running loop: an older one ends
  #relayed = 0; // when the tab we follow last passed something on
  #unanswered = false; // the last question was
  #wake = () => {}; // ends whatever the loop waits for

  /// `receive(type, data)` gets each event; `snapshot()` gives what the page knows, in the form of
  /// a snapshot event, for tabs that begin to follow this one.
  constructor(receive, snapshot) {
    this.#receive = receive;
    this.#snapshot = snapshot;
    if (this.#channel) this.#channel.onmessage = (message) => this.#overhear(message.data);
    document.addEventListener("visibilitychange", () => this.#see(!document.hidden));
    window.addEventListener("pagehide", () => this.#see(false));
    window.addEventListener("pageshow", () => this.#see(!document.hidden));
  }

  start() {
    this.#see(!document.hidden);
  }

  /// Whether the daemon has been silent for longer than it is when all is well.
  get lost() {
    const limit = this.link === "asking" ? askEvery + openLimit : silenceLimit;
    return this.#unanswered || performance.now() - this.heard > limit;
  }

  /// Asks at once if the page has to ask, so that the effect of a click shows.
  nudge() {
    if (this.#mode === "asking") this.#wake();
  }

  #see(visible) {
    if (visible === (this.#mode !== "hidden")) return;
    if (visible) return this.#loop(++this.#run);
    this.#run += 1;
    this.#leave("hidden");
    this.link = "connecting";
  }

  async #loop(run) {
    this.heard = performance.now();
    this.#unanswered = false;
    while (run === this.#run) {
      if (await this.#follow()) continue;
      if (run !== this.#run || (await this.#stream())) continue;
      if (run === this.#run) await this.#ask(run);
    }
  }

  /// Ends the present way of listening; the loop goes on with the next.
  #leave(mode = "idle") {
    if (this.#mode === "leading") this.#channel?.postMessage({ bye: true });
    this.#mode = mode;
    this.#wake();
  }

  #wait(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }

  #hear(type, data, link) {
    this.heard = performance.now();
    this.#unanswered = false;
    this.link = link;
    this.#receive(type, data);
  }

  // What other tabs say: {ask}, {bye}, or {type, data, from}, an event of the stream they have.
  #overhear(message) {
    const mode = this.#mode;
    if (message.ask && mode === "leading") this.#pass("snapshot", this.#snapshot());
    else if (message.bye && mode === "following") this.#leave();
    else if (!message.type) return;
    else if (mode === "following") {
      this.#relayed = performance.now();
      this.#hear(message.type, message.data, "live");
    } else if (mode === "opening" || mode === "asking") this.#leave();
    // Two tabs lead: one gives way.
    else if (mode === "leading" && message.from < this.#identity) this.#leave();
  }

  #pass(type, data) {
    this.#channel?.postMessage({ type, data, from: this.#identity });
  }

  // 1. Another tab's stream: true when there was one, until it fell silent.
  async #follow() {
    if (!this.#channel) return false;
    this.#mode = "following";
    this.#relayed = 0;
    this.#channel.postMessage({ ask: true });
    await this.#wait(replyLimit);
    const found = this.#relayed > 0;
    let silent;
    while (found && this.#mode === "following"
      && (silent = performance.now() - this.#relayed) < relayLimit)
      await this.#wait(relayLimit - silent);
    return found;
  }

  // 2. A stream of our own. False when none could be had: then the page asks.
  async #stream() {
    const source = new EventSource("/api/events");
    let refused = false;
    this.#mode = "opening";
    // A stream that had begun is taken up again by the browser, which says what it heard last; the
    // daemon then sends what was missed, or `resync` and a snapshot.
    source.onerror = () => {
      refused = this.#mode === "opening";
      if (refused || source.readyState === EventSource.CLOSED) this.#leave();
    };
    for (const type of events)
      source.addEventListener(type, (event) => this.#streamed(type, JSON.parse(event.data)));
    await this.#wait(openLimit);
    if (this.#mode === "opening") refused = true;
    // A connection can die without an error: silence ends it too.
    for (let second = 1; this.#mode === "leading" && !this.lost; second += 1) {
      await this.#wait(1000);
      if (second % 5 === 0) this.#count();
    }
    source.close();
    if (this.#mode === "leading") this.#leave();
    return !refused;
  }

  #streamed(type, data) {
    if (this.#mode === "opening") {
      this.#mode = "leading";
      this.#wake();
    }
    if (this.#mode !== "leading") return;
    this.#hear(type, data, "live");
    this.#pass(type, data);
  }

  /// Connections and requests change all the time and are no events: they are read now and then.
  async #count() {
    try {
      const servers = (await this.#read("/api/servers")).data;
      if (this.#mode === "leading") this.#streamed("servers", { servers });
    } catch {
      // The stream says whether the daemon is there; the counters wait for the next time.
    }
  }

  // 3. Questions, until it is time to try a stream again.
  async #ask(run) {
    this.#mode = "asking";
    for (let asked = 0; asked < asksBeforeStream && this.#mode === "asking"; asked += 1) {
      await this.#question(run);
      if (this.#mode !== "asking") return;
      if (this.#unanswered) return this.#wait(retryEvery);
      await this.#wait(askEvery);
    }
  }

  async #question(run) {
    try {
      const [users, servers] = await Promise.all(
        [this.#read("/api/users"), this.#read("/api/servers")]);
      if (run !== this.#run) return;
      const stale = users.stale_seconds ?? null;
      this.#hear("snapshot", {
        timestamp: users.timestamp, users: users.data, servers: servers.data, stale_seconds: stale,
        database: { status: stale === null ? "available" : "away" }, late: users.late ?? null,
      }, "asking");
    } catch {
      // The page says so (`lost`), and the loop asks again.
      if (run === this.#run) this.#unanswered = true;
    }
  }

  async #read(path) {
    const answer = await fetch(path, { signal: AbortSignal.timeout(openLimit), cache: "no-store" });
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
    return answer.json();
  }
}
