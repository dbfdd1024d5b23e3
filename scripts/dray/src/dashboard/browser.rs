//! A headless browser for tests of the page.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chromiumoxide::Page;
use chromiumoxide::browser::{Browser, BrowserConfig};
use chromiumoxide::cdp::browser_protocol::emulation::{
    MediaFeature, SetDeviceMetricsOverrideParams,
};
use chromiumoxide::cdp::browser_protocol::log::EventEntryAdded;
use chromiumoxide::cdp::js_protocol::runtime::{EventConsoleApiCalled, EventExceptionThrown};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

/// Names under which systems have a Chromium.
const NAMES: [&str; 5] = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];
/// A page reacts in milliseconds; on a machine that compiles on all cores it was seen to take seconds.
const PATIENCE: Duration = Duration::from_mins(1);
/// A browser that does not end by then is left to the system.
const END_PATIENCE: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// `DRAYAGE_CHROMIUM`, what is on the path, or what `scripts/lib/chromium.sh` has installed into the target directory.
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("DRAYAGE_CHROMIUM") {
        return program.into();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let on_path = NAMES.iter().flat_map(|name| directories.iter().map(move |at| at.join(name)));
    let test = std::env::current_exe().unwrap();
    let installed = test.ancestors().map(|at| at.join("drayage/chromium/chromium"));
    on_path.chain(installed).find(|program| program.is_file()).expect(
        "no Chromium is found; hint: run scripts/lib/chromium.sh, or name one by DRAYAGE_CHROMIUM",
    )
}

/// A running browser. Dropping it ends it, whatever the test has come to: it runs in a runtime of its own, which still works then.
#[derive(Debug)]
pub(crate) struct Chromium {
    browser: Option<Browser>,
    runtime: Option<Runtime>,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let (Some(mut browser), Some(runtime)) = (self.browser.take(), self.runtime.take()) else {
            return;
        };
        // To kill what was started is not enough, because that may be a script that has started the browser.
        let (ended, end) = std::sync::mpsc::channel::<()>();
        runtime.spawn(async move {
            drop(browser.close().await);
            drop(browser.wait().await);
            drop(ended);
        });
        // Nothing is sent: it is over when the sender is gone.
        let _over = end.recv_timeout(END_PATIENCE);
        runtime.shutdown_background();
    }
}

impl Chromium {
    /// Starts it with a profile of its own.
    pub(crate) async fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(program())
            .user_data_dir(profile.path())
            .launch_timeout(PATIENCE)
            .request_timeout(PATIENCE)
            .viewport(None)
            // It only opens pages of the test's own, and there is no sandbox for root and in most containers.
            .no_sandbox()
            .build()
            .unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let launched = runtime.spawn(Browser::launch(config)).await.unwrap();
        let (browser, mut handler) = launched.unwrap();
        runtime.spawn(async move { while handler.next().await.is_some() {} });
        Self { browser: Some(browser), runtime: Some(runtime), _profile: profile }
    }

    /// Opens a page of 1280 by 900 pixels, and hears of everything that goes wrong in it.
    pub(crate) async fn open(&self, url: &str) -> Tab {
        let browser = self.browser.as_ref().unwrap();
        let page = browser.new_page("about:blank").await.unwrap();
        let tab = Tab { page, problems: Arc::default() };
        tab.listen().await;
        tab.resize(1280, 900).await;
        tab.page.goto(url).await.unwrap();
        tab
    }
}

/// A page that is open.
#[derive(Debug)]
pub(crate) struct Tab {
    page: Page,
    problems: Arc<Mutex<Vec<String>>>,
}

impl Tab {
    async fn listen(&self) {
        self.page.enable_log().await.unwrap();
        let mut console = self.page.event_listener::<EventConsoleApiCalled>().await.unwrap();
        let mut thrown = self.page.event_listener::<EventExceptionThrown>().await.unwrap();
        let mut logged = self.page.event_listener::<EventEntryAdded>().await.unwrap();
        let problems = Arc::clone(&self.problems);
        tokio::spawn(async move {
            loop {
                let problem = tokio::select! {
                    Some(event) = console.next() => format!("{:?}", event.args),
                    Some(event) = thrown.next() => format!("{:?}", event.exception_details),
                    Some(event) = logged.next() => format!("{:?}", event.entry),
                    else => break,
                };
                problems.lock().unwrap_or_else(PoisonError::into_inner).push(problem);
            }
        });
    }

    /// What the console, exceptions and the browser's log have said, which is nothing on a page that is well.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The value of an expression.
    pub(crate) async fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        let result = self.page.evaluate(expression).await;
        result.unwrap_or_else(|error| panic!("{expression}: {error}")).into_value().unwrap()
    }

    /// Waits until the expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.value::<bool>(&format!("Boolean({expression})")).await {
            if Instant::now() > deadline {
                let text: String = self.value("document.body.innerText").await;
                panic!(
                    "{expression} has not come true on this page:\n{text}\n{:#?}",
                    self.problems()
                );
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// The text that people see of the first element.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.value(&format!("document.querySelector({selector:?})?.innerText ?? ''")).await
    }

    /// Clicks with the mouse.
    pub(crate) async fn click(&self, selector: &str) {
        let element = self.page.find_element(selector).await;
        let element = element.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.unwrap();
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn press(&self, key: &str) {
        self.page.find_element("body").await.unwrap().press_key(key).await.unwrap();
    }

    /// Types, wherever the focus is.
    pub(crate) async fn type_in(&self, text: &str) {
        self.page.find_element("body").await.unwrap().type_str(text).await.unwrap();
    }

    /// Makes the page as large as a screen, in CSS pixels.
    pub(crate) async fn resize(&self, width: i64, height: i64) {
        let screen = SetDeviceMetricsOverrideParams::new(width, height, 1.0, width < 600);
        self.page.execute(screen).await.unwrap();
    }

    /// Sets what the person prefers, such as `prefers-color-scheme` to `dark`.
    pub(crate) async fn prefer(&self, name: &str, value: &str) {
        self.page.emulate_media_features(vec![MediaFeature::new(name, value)]).await.unwrap();
    }
}
