//! Who is answered, and how: requests as bytes, because a client library would not send what an attacker sends.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fake::{Fake, Served, progress, said};
use super::source::Action;
use crate::failure::Failure;
use crate::kind::Kind;

/// Sends the request line and these headers, and returns everything that is answered.
async fn ask(served: &Served, line: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
    let mut request =
        format!("{line} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    request.push_str("\r\n");
    request.push_str(body);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn host(served: &Served) -> String {
    format!("127.0.0.1:{}", served.port)
}

fn cookie(served: &Served) -> String {
    format!("other=1; dray-{}={}", served.port, served.token())
}

fn start() -> Served {
    Served::start(&Fake::new(said()))
}

async fn get(served: &Served, path: &str) -> String {
    let (host, cookie) = (host(served), cookie(served));
    ask(served, &format!("GET {path}"), &[("Host", &host), ("Cookie", &cookie)], "").await
}

async fn post(served: &Served, path: &str, body: &Value) -> String {
    let (host, cookie) = (host(served), cookie(served));
    let origin = format!("http://{host}");
    let headers = [
        ("Host", host.as_str()),
        ("Cookie", &cookie),
        ("Origin", &origin),
        ("Content-Type", "application/json"),
        ("X-Drayage", "1"),
    ];
    ask(served, &format!("POST {path}"), &headers, &body.to_string()).await
}

#[tokio::test]
async fn the_printed_address_lets_a_browser_in_by_a_cookie() {
    let served = start();
    let path = served.url.strip_prefix(&format!("http://127.0.0.1:{}", served.port)).unwrap();
    let answer = ask(&served, &format!("GET {path}"), &[("Host", &host(&served))], "").await;
    assert_eq!(status(&answer), 200);
    let set = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let wanted =
        format!("dray-{}={}; Path=/; HttpOnly; SameSite=Strict", served.port, served.token());
    assert_eq!(set, wanted);
    assert!(served.token().len() >= 32, "at least 128 bits");
    let again = get(&served, "/").await;
    assert!(status(&again) == 200 && !again.contains("set-cookie"));
}

#[tokio::test]
async fn every_answer_tells_the_browser_to_be_strict() {
    let served = start();
    let refused = ask(&served, "GET /", &[("Host", "evil.example")], "").await;
    for answer in [get(&served, "/").await, get(&served, "/page/none.js").await, refused] {
        let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
        for wanted in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
        ] {
            assert!(head.contains(wanted), "{wanted} is missing in {head}");
        }
        assert!(!head.contains("unsafe-inline") && !head.contains("access-control"));
    }
}

#[tokio::test]
async fn another_host_name_is_refused_even_with_the_token() {
    let served = start();
    let (port, cookie) = (served.port, cookie(&served));
    for wrong in [
        format!("evil.example:{port}"),
        "127.0.0.1".to_owned(),
        format!("127.0.0.1:{}", port.wrapping_add(1)),
        format!("127.0.0.1.evil.example:{port}"),
        format!("0.0.0.0:{port}"),
        String::new(),
    ] {
        let answer =
            ask(&served, "GET /api/runs", &[("Host", &wrong), ("Cookie", &cookie)], "").await;
        assert_eq!(status(&answer), 403, "{wrong}");
    }
    let missing = ask(&served, "GET /api/runs", &[("Cookie", &cookie)], "").await;
    assert!([400, 403].contains(&status(&missing)));
    let twice = [("Host", host(&served)), ("Host", "evil.example".to_owned())];
    let twice = twice.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer =
        ask(&served, "GET /api/runs", &[twice[0], twice[1], ("Cookie", &cookie)], "").await;
    assert!([400, 403].contains(&status(&answer)));
    let localhost = format!("localhost:{port}");
    let answer =
        ask(&served, "GET /api/runs", &[("Host", &localhost), ("Cookie", &cookie)], "").await;
    assert_eq!(status(&answer), 200);
}

#[tokio::test]
async fn without_the_token_nothing_is_answered() {
    let served = start();
    let (host, token) = (host(&served), served.token().to_owned());
    let other = format!("dray-{}=00", served.port);
    let other_port = format!("dray-1={token}");
    for path in ["/", "/page/main.js", "/events", "/api/overview", "/nothing"] {
        for headers in
            [vec![], vec![("Cookie", other.as_str())], vec![("Cookie", other_port.as_str())]]
        {
            let headers: Vec<_> = headers.into_iter().chain([("Host", host.as_str())]).collect();
            let answer = ask(&served, &format!("GET {path}"), &headers, "").await;
            assert_eq!(status(&answer), 403, "{path} {headers:?}");
        }
    }
    // In the address it is for the page only: the others' would be in logs and histories.
    let answer =
        ask(&served, &format!("GET /api/runs?token={token}"), &[("Host", &host)], "").await;
    assert_eq!(status(&answer), 403);
    let answer = ask(&served, "GET /?token=&x=1", &[("Host", &host)], "").await;
    assert_eq!(status(&answer), 403);
    let bearer = format!("Bearer {token}");
    let headers = [("Host", host.as_str()), ("Authorization", &bearer)];
    assert_eq!(status(&ask(&served, "GET /api/runs", &headers, "").await), 200);
}

#[rstest]
#[case::no_origin(None, Some("application/json"), true, 403)]
#[case::null_origin(Some("null"), Some("application/json"), true, 403)]
#[case::other_origin(Some("http://127.0.0.1:1"), Some("application/json"), true, 403)]
#[case::form(Some("own"), Some("text/plain"), true, 415)]
#[case::no_type(Some("own"), None, true, 415)]
#[case::no_header(Some("own"), Some("application/json"), false, 415)]
#[case::the_page(Some("own"), Some("application/json"), true, 200)]
#[tokio::test]
async fn other_pages_cannot_decide(
    #[case] origin: Option<&str>,
    #[case] content_type: Option<&str>,
    #[case] has_header: bool,
    #[case] wanted: u16,
) {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    let (host, cookie) = (host(&served), cookie(&served));
    let own = format!("http://{host}");
    let origin = origin.map(|origin| if origin == "own" { own.as_str() } else { origin });
    let mut headers = vec![("Host", host.as_str()), ("Cookie", cookie.as_str())];
    headers.extend(origin.map(|origin| ("Origin", origin)));
    headers.extend(content_type.map(|content_type| ("Content-Type", content_type)));
    headers.extend(has_header.then_some(("X-Drayage", "1")));
    let answer = ask(&served, "POST /api/pause", &headers, "{}").await;
    assert_eq!(status(&answer), wanted);
    assert_eq!(fake.done().len(), usize::from(wanted == 200));
}

#[tokio::test]
async fn decisions_reach_the_stack_and_unconfirmed_ones_do_not() {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    let execute = json!({"kind": "migrate", "input": {"execute": true}});
    let refused = post(&served, "/api/start", &execute).await;
    assert_eq!(status(&refused), 400);
    assert!(refused.contains("type migrate"));
    assert_eq!(fake.done(), []);
    for (path, body) in [
        ("/api/start", json!({"kind": "backup"})),
        ("/api/stop", json!({"runId": "r-1"})),
        ("/api/schedule", json!({"enabled": false})),
    ] {
        assert_eq!(status(&post(&served, path, &body).await), 200, "{path}");
    }
    assert_eq!(
        fake.done(),
        [
            Action::Start { kind: Kind::Backup, input: json!({}) },
            Action::Stop { run_id: "r-1".to_owned() },
            Action::Schedule { enabled: false },
        ]
    );
}

#[tokio::test]
async fn other_methods_paths_and_sizes_are_refused() {
    let served = start();
    assert_eq!(status(&get(&served, "/api/pause").await), 405);
    assert_eq!(status(&post(&served, "/events", &json!({})).await), 405);
    assert_eq!(status(&post(&served, "/api/delete", &json!({})).await), 404);
    assert_eq!(status(&get(&served, "/page/..%2fguard.rs").await), 404);
    let long = json!({"kind": "backup", "input": {"x": "y".repeat(300_000)}});
    assert_eq!(status(&post(&served, "/api/start", &long).await), 413);
}

#[tokio::test]
async fn a_failure_is_told_with_its_hint_and_a_status_of_its_own() {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    for (failure, wanted) in [
        (Failure::usage("what", "do"), 400),
        (Failure::failed("what", "do"), 409),
        (Failure::unreachable("what", "do"), 502),
    ] {
        fake.change(|said| said.failure = Some(failure));
        let answer = get(&served, "/api/overview").await;
        assert_eq!(status(&answer), wanted);
        assert!(answer.ends_with(r#"{"hint":"do","message":"what"}"#), "{answer}");
    }
}

/// An open stream of events.
struct Events {
    stream: TcpStream,
    heard: String,
}

impl Events {
    async fn open(served: &Served) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", served.port)).await.unwrap();
        let request = format!(
            "GET /events HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
            host(served),
            cookie(served)
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        Self { stream, heard: String::new() }
    }

    /// The whole event of that name that has these words.
    async fn until(&mut self, name: &str, words: &str) -> String {
        let event = tokio::time::timeout(Duration::from_secs(20), self.find(name, words)).await;
        event.unwrap_or_else(|_| panic!("no {name} with {words} in {}", self.heard))
    }

    async fn find(&mut self, name: &str, words: &str) -> String {
        let mut buffer = vec![0; 65_536];
        loop {
            let mut blocks = self
                .heard
                .split("\n\n")
                .map(|block| block.trim_start_matches(|c| c != 'i' && c != 'e'));
            let is_it =
                |block: &&str| block.contains(&format!("event: {name}\n")) && block.contains(words);
            if let Some(block) = blocks.find(is_it) {
                return block.to_owned();
            }
            let read = self.stream.read(&mut buffer).await.unwrap();
            assert!(read > 0, "the stream has ended");
            self.heard.push_str(&String::from_utf8_lossy(&buffer[..read]));
        }
    }
}

#[tokio::test]
async fn events_tell_everything_and_then_what_is_new() {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    let mut events = Events::open(&served).await;
    for name in ["overview", "attention", "runs", "schedule"] {
        let event = events.until(name, "data: {").await;
        assert!(event.contains("id: "), "{event}");
    }
    assert!(events.heard.contains("content-type: text/event-stream"));
    fake.change(|said| said.overview.current = vec![progress("r-77", 5, Some(10))]);
    events.until("overview", "r-77").await;
    // A page that comes later misses nothing, and all pages share one poller.
    let mut later = Events::open(&served).await;
    later.until("overview", "r-77").await;
    later.until("runs", "data: {").await;
}

#[tokio::test]
async fn a_failed_poll_is_told_and_the_next_one_goes_on() {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    let mut events = Events::open(&served).await;
    events.until("overview", "acme-documents").await;
    fake.change(|said| said.failure = Some(Failure::unreachable("no network", "plug it in")));
    let event = events.until("unreachable", "no network").await;
    assert!(event.contains(r#""part":"overview""#) && event.contains("plug it in"));
    fake.change(|said| {
        said.failure = None;
        said.overview.stack.version = "9.9.9".to_owned();
    });
    events.until("overview", "9.9.9").await;
}

#[tokio::test]
async fn accounts_are_counted_on_demand_and_kept() {
    let fake = Fake::new(said());
    let served = Served::start(&fake);
    assert!(get(&served, "/api/accounts").await.contains("unknown"));
    let mut events = Events::open(&served).await;
    events.until("overview", "acme-documents").await;
    assert!(!events.heard.contains("event: accounts"), "nobody has asked for them");
    assert_eq!(status(&post(&served, "/api/accounts", &json!({})).await), 202);
    events.until("accounts", r#""state":"ready""#).await;
    fake.change(|said| said.failure = Some(Failure::failed("x", "y")));
    assert!(get(&served, "/api/accounts").await.contains("0015g00000XyZ02AAA"));
}
