//! Memory and processor time of everything that runs during a backup, from `/proc`, by kind of process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::task::JoinHandle;

use crate::usage::{cpu_seconds, peak_rss_mib};

/// How often all processes are looked at. Peaks only grow and times only add up, so that no more is missed than what a
/// process does after the last look.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// The variable that tells a function its name
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>).
const FUNCTION_NAME: &str = "AWS_LAMBDA_FUNCTION_NAME=";

/// What all processes of a kind have used.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Used {
    /// Whether it is a function, and not what surrounds them.
    pub(crate) function: bool,
    pub(crate) processes: usize,
    /// Of the largest process.
    pub(crate) peak_rss_mib: f64,
    /// Of all together.
    pub(crate) cpu_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Function(String),
    Emulator,
}

#[derive(Debug)]
struct Seen {
    kind: Kind,
    cpu_before: f64,
    cpu_seconds: f64,
    peak_rss_mib: f64,
}

type AllSeen = BTreeMap<u32, Seen>;

/// Watches until it is asked.
#[derive(Debug)]
pub(crate) struct Watch {
    mark: String,
    seen: Arc<Mutex<AllSeen>>,
    own_cpu_before: f64,
    task: JoinHandle<()>,
}

impl Watch {
    /// Watches the emulator and the functions: all processes whose `AWS_ENDPOINT_URL` is `endpoint`, which nobody else's
    /// is. Time that they have used already is not counted.
    pub(crate) fn start(endpoint: &str) -> anyhow::Result<Self> {
        let mark = format!("AWS_ENDPOINT_URL={endpoint}");
        let seen = Arc::<Mutex<AllSeen>>::default();
        look(&mark, &mut lock(&seen));
        for process in lock(&seen).values_mut() {
            process.cpu_before = process.cpu_seconds;
        }
        let (sought, watched) = (mark.clone(), Arc::clone(&seen));
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOOK_EVERY);
            loop {
                ticks.tick().await;
                look(&sought, &mut lock(&watched));
            }
        });
        Ok(Self { mark, seen, own_cpu_before: cpu_seconds("self")?, task })
    }

    /// What was used, by the name of a function or of what surrounds them.
    pub(crate) fn finish(self) -> anyhow::Result<BTreeMap<String, Used>> {
        self.task.abort();
        let mut seen = lock(&self.seen);
        look(&self.mark, &mut seen);
        let mut kinds: BTreeMap<String, Used> = BTreeMap::new();
        for process in seen.values() {
            let (name, function) = match &process.kind {
                Kind::Function(name) => (name.as_str(), true),
                Kind::Emulator => ("emulator", false),
            };
            let used = kinds.entry(name.to_owned()).or_default();
            used.function = function;
            used.processes += 1;
            used.peak_rss_mib = used.peak_rss_mib.max(process.peak_rss_mib);
            used.cpu_seconds += process.cpu_seconds - process.cpu_before;
        }
        let own = Used {
            function: false,
            processes: 1,
            peak_rss_mib: peak_rss_mib("self").unwrap_or_default(),
            cpu_seconds: cpu_seconds("self")? - self.own_cpu_before,
        };
        kinds.insert("simulators and relay".to_owned(), own);
        Ok(kinds)
    }
}

fn lock(seen: &Mutex<AllSeen>) -> MutexGuard<'_, AllSeen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn look(mark: &str, seen: &mut AllSeen) {
    let Ok(directory) = std::fs::read_dir("/proc") else { return };
    let ids = directory.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    for id in ids {
        // Processes of others cannot be read, and processes may end at any moment.
        let Ok(environment) = std::fs::read(format!("/proc/{id}/environ")) else { continue };
        let Some(kind) = kind(&environment, mark) else { continue };
        let process = id.to_string();
        let (Ok(cpu), Some(peak)) = (cpu_seconds(&process), peak_rss_mib(&process)) else {
            continue;
        };
        let before = seen.get(&id).map_or(0.0, |earlier| earlier.cpu_before);
        // Replaced as a whole: between fork and exec, a function looks like the emulator.
        seen.insert(id, Seen { kind, cpu_before: before, cpu_seconds: cpu, peak_rss_mib: peak });
    }
}

/// The kind of a process with this environment; `None` for one that does not belong to the stack.
fn kind(environment: &[u8], mark: &str) -> Option<Kind> {
    let mut variables = environment.split(|byte| *byte == 0);
    if !variables.any(|variable| variable == mark.as_bytes()) {
        return None;
    }
    let function = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(FUNCTION_NAME.as_bytes()));
    Some(match function {
        Some(name) => Kind::Function(String::from_utf8_lossy(name).into_owned()),
        None => Kind::Emulator,
    })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[test]
    fn processes_are_told_by_their_environment() {
        let of = |text: &str| kind(text.as_bytes(), "AWS_ENDPOINT_URL=http://a");
        assert_eq!(of("A=1\0AWS_ENDPOINT_URL=http://ab\0"), None);
        assert_eq!(of("A=1\0AWS_ENDPOINT_URL=http://a\0"), Some(Kind::Emulator));
        let function = of("AWS_LAMBDA_FUNCTION_NAME=copy\0AWS_ENDPOINT_URL=http://a\0");
        assert_eq!(function, Some(Kind::Function("copy".to_owned())));
    }

    #[tokio::test]
    async fn a_process_of_the_stack_is_seen_with_its_memory() {
        let endpoint = "http://processes-test";
        let watch = Watch::start(endpoint).unwrap();
        let mut child = tokio::process::Command::new("cat")
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("AWS_LAMBDA_FUNCTION_NAME", "drayage-cat")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Between fork and exec it has neither its environment nor memory of its own: what answers is past that.
        child.stdin.as_mut().unwrap().write_all(b"?").await.unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0]).await.unwrap();
        let used = watch.finish().unwrap();
        child.kill().await.unwrap();
        let cat = &used["drayage-cat"];
        assert!(cat.function && cat.processes == 1 && cat.peak_rss_mib > 0.0, "{used:?}");
    }
}
