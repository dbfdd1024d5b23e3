// Talks to dray. A lost connection is told, and tried again for as long as the page is open.

// dray says something every few seconds; after this long it is taken for lost.
const SILENCE_MS = 20_000;
const RETRY_MS = 2_000;

/**
 * Hears events.
 * @param {Record<string, (state: any) => void>} on by name of the event
 * @param {(state: "connected" | "lost") => void} connection
 */
export function listen(on, connection) {
  let stream = null;
  let silence = 0;
  const alive = () => {
    connection("connected");
    clearTimeout(silence);
    silence = setTimeout(again, SILENCE_MS);
  };
  const again = () => {
    connection("lost");
    stream?.close();
    clearTimeout(silence);
    silence = setTimeout(open, RETRY_MS);
  };
  const open = () => {
    stream = new EventSource("/events");
    stream.addEventListener("open", alive);
    stream.addEventListener("error", again);
    stream.addEventListener("heartbeat", alive);
    for (const [name, hear] of Object.entries(on)) {
      stream.addEventListener(name, (event) => {
        alive();
        hear(JSON.parse(event.data));
      });
    }
  };
  open();
}

/** Sends what a person has decided; throws an error with what and what to do. */
export async function send(name, body) {
  let response;
  try {
    response = await fetch(`/api/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Drayage": "1" },
      body: JSON.stringify(body),
      cache: "no-store",
    });
  } catch {
    throw new Error("dray does not answer. Whether it has heard this is not known: look at what goes on before you try again.");
  }
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text || "{}");
  } catch {
    answer = { message: text.trim() };
  }
  if (!response.ok) throw new Error([answer.message ?? `status ${response.status}`, answer.hint].filter(Boolean).join(". "));
  return answer;
}
