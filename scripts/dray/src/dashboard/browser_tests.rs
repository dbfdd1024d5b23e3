//! The page in a browser, against a stack that tests make up.

use std::net::TcpListener;
use std::sync::Arc;

use super::browser::{Chromium, Tab};
use super::fake::{Fake, Said, Served, progress, said, waiting};
use super::guard::Token;
use super::source::Action;
use crate::failure::Failure;
use crate::kind::Kind;

const SHOWN: &str =
    "document.querySelector('#runs table') && document.querySelector('#schedule dl')";

struct Open {
    fake: Arc<Fake>,
    _served: Served,
    _chromium: Chromium,
    tab: Tab,
}

/// Opens the page of this stack, and waits until everything is on it.
async fn open(said: Said) -> Open {
    let fake = Fake::new(said);
    let served = Served::start(&fake);
    let chromium = Chromium::start().await;
    let tab = chromium.open(&served.url).await;
    tab.until(SHOWN).await;
    Open { fake, _served: served, _chromium: chromium, tab }
}

#[tokio::test]
async fn the_page_tells_how_the_stack_stands() {
    let page = open(said()).await;
    let tab = &page.tab;
    assert_eq!(tab.text("h1").await, "Every file is accounted for, and 12 records need a person");
    assert!(tab.text("#facts").await.contains("PRODUCTION"));
    let verified = "[data-kind=backup] [data-outcome=verified] .count";
    assert_eq!(tab.text(verified).await, "46,912");
    assert_eq!(tab.text("[data-kind=backup] tfoot .count").await, "48,198");
    assert_eq!(
        tab.value::<usize>("document.querySelectorAll('#attention tbody tr').length").await,
        10
    );
    assert!(tab.text("#runs").await.contains("NotReady: the destination bucket has no versioning"));
    // The token does not stay where others see it.
    assert_eq!(tab.value::<String>("location.search + document.cookie").await, "");
    assert_eq!(tab.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn what_begins_and_ends_is_seen_without_reloading() {
    let page = open(said()).await;
    let tab = &page.tab;
    tab.value::<bool>("window.same = true").await;
    page.fake.change(|said| said.overview.current = vec![progress("backup-1", 250, Some(1_000))]);
    tab.until("document.querySelector('#current [data-run=\"backup-1\"] progress')?.value === 250")
        .await;
    assert!(tab.text("#current .numbers").await.contains("250 of 1,000"));
    let step = tab.text("#current [aria-current=step]").await;
    assert!(step.contains("Copy") && step.contains("under way"), "{step}");
    tab.until("document.querySelector('#announce').textContent === 'a backup has started.'").await;
    page.fake.change(|said| said.overview.current = vec![progress("backup-1", 500, Some(1_000))]);
    tab.until("document.querySelector('#current progress').value === 500").await;
    page.fake.change(|said| said.overview.current.clear());
    tab.until("!document.querySelector('#current progress')").await;
    assert!(tab.value::<bool>("window.same").await);
    assert_eq!(tab.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let page = open(said()).await;
    let tab = &page.tab;
    tab.click("#count").await;
    tab.until("document.querySelectorAll('#accounts tbody tr').length === 3").await;
    let name = "[data-account='0015g00000XyZ03AAA'] bdi";
    let text = tab.text(name).await;
    assert!(text.starts_with("<img src=x onerror=\"window.hostile=1\"><script>"), "{text}");
    assert!(text.contains("U+202E") && text.contains("U+2069") && !text.contains('\u{202e}'));
    assert!(tab.text("#attention").await.contains("<script>window.hostile=1</script>"));
    assert!(tab.value::<bool>("window.hostile === undefined").await);
    let made = "document.querySelectorAll('#main img, #main script').length";
    assert_eq!(tab.value::<usize>(made).await, 0);
    assert_eq!(tab.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn accounts_are_sorted_and_filtered() {
    let page = open(said()).await;
    let tab = &page.tab;
    tab.click("#count").await;
    let first = "document.querySelector('#accounts tbody .name')?.innerText";
    tab.until(&format!("{first} === 'Müller & Söhne GmbH'")).await;
    assert_eq!(tab.text("#accounts th[aria-sort=descending]").await, "Files ▼");
    tab.click("#accounts [data-field=files]").await;
    tab.until(&format!("{first}.startsWith('<img')")).await;
    tab.click("#accounts [data-field=accountName]").await;
    tab.until("document.querySelector('#accounts th').getAttribute('aria-sort') === 'ascending'")
        .await;
    tab.click("#accounts-text").await;
    tab.type_in("birnen").await;
    tab.until("document.querySelectorAll('#accounts tbody tr').length === 1").await;
    assert!(tab.text("#accounts tbody").await.contains("17,000"));
}

#[tokio::test]
async fn the_review_list_is_filtered_by_outcome_and_text() {
    let page = open(said()).await;
    let tab = &page.tab;
    let rows = "document.querySelectorAll('#attention tbody tr').length";
    let choose = "{ const s = document.querySelector('#attention-outcome'); s.value = 'source_gone.object_missing'; \
                  s.dispatchEvent(new Event('change')); true }";
    tab.value::<bool>(choose).await;
    tab.until(&format!("{rows} === 1")).await;
    tab.click("#attention-text").await;
    tab.type_in("nothing like that").await;
    tab.until(&format!("{rows} === 0")).await;
    assert!(tab.text("#attention-count").await.contains("0 match"));
}

#[tokio::test]
async fn what_writes_is_confirmed_by_org_bucket_records_and_a_word() {
    let mut before = said();
    before.overview.current = vec![waiting()];
    let page = open(before).await;
    let tab = &page.tab;
    tab.click("#current [data-do=approve]").await;
    tab.until("document.querySelector('#dialog').open").await;
    let text = tab.text("#dialog").await;
    for wanted in ["Acme Logistics", "PRODUCTION", "s3://acme-documents/uploads", "48,210"] {
        assert!(text.contains(wanted), "{wanted} is missing in {text}");
    }
    assert!(tab.value::<bool>("document.querySelector('#dialog-go').disabled").await);
    tab.click("#dialog-word").await;
    tab.type_in("approve").await;
    tab.until("!document.querySelector('#dialog-go').disabled").await;
    tab.press("Enter").await;
    tab.until("!document.querySelector('#dialog').open").await;
    let run_id = "migrate-20261121T031500Z-001".to_owned();
    assert_eq!(page.fake.done(), [Action::Approve { run_id }]);
    tab.until("document.querySelector('#announce').textContent.startsWith('Approved')").await;
    assert_eq!(tab.problems(), Vec::<String>::new());
}

#[tokio::test]
async fn the_keyboard_is_enough_to_start_and_escape_starts_nothing() {
    let page = open(said()).await;
    let tab = &page.tab;
    let focused = "document.activeElement?.dataset.do ?? document.activeElement?.className";
    tab.press("Tab").await;
    assert_eq!(tab.value::<String>(focused).await, "skip");
    tab.press("Tab").await;
    assert_eq!(tab.value::<String>(focused).await, "start");
    let ring = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(tab.value::<String>(ring).await, "solid");
    tab.press("Enter").await;
    tab.until("document.querySelector('#dialog').open").await;
    tab.press("Escape").await;
    tab.until("!document.querySelector('#dialog').open").await;
    assert_eq!(tab.value::<String>(focused).await, "start", "the focus comes back");
    assert_eq!(page.fake.done(), []);
    tab.press("Enter").await;
    tab.until("document.activeElement.id === 'start-what'").await;
    tab.press("ArrowDown").await;
    tab.until("document.querySelector('#start-words').textContent.startsWith('Copies every file')")
        .await;
    tab.click("#dialog-go").await;
    tab.until("!document.querySelector('#dialog').open").await;
    assert_eq!(
        page.fake.done(),
        [Action::Start { kind: Kind::Backup, input: serde_json::json!({}) }]
    );
}

#[tokio::test]
async fn a_paused_stack_says_so_and_can_be_resumed() {
    let page = open(said()).await;
    let tab = &page.tab;
    tab.click("[data-do=pause]").await;
    tab.click("#dialog-go").await;
    tab.until("document.querySelector('#problems')?.innerText.includes('The work is paused')")
        .await;
    tab.click("[data-do=resume]").await;
    tab.click("#dialog-go").await;
    tab.until("!document.querySelector('#problems').innerText").await;
    assert_eq!(page.fake.done(), [Action::Pause, Action::Resume]);
}

#[tokio::test]
async fn a_lost_aws_is_told_and_recovers() {
    let page = open(said()).await;
    let tab = &page.tab;
    page.fake.change(|said| said.failure = Some(Failure::unreachable("no network", "plug it in")));
    tab.until("document.querySelector('#problems').innerText.includes('no network')").await;
    assert_eq!(tab.text("#connection").await, "AWS unreachable");
    assert!(tab.text("h1").await.starts_with("Every file"), "what was known stays");
    page.fake.change(|said| said.failure = None);
    tab.until("document.querySelector('#connection').textContent === 'live'").await;
    assert_eq!(tab.text("#problems").await, "");
}

#[tokio::test]
async fn a_lost_server_is_told_and_recovers() {
    let fake = Fake::new(said());
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let token = Token::random().unwrap();
    let served = Served::with(&fake, listener, &token);
    let chromium = Chromium::start().await;
    let tab = chromium.open(&served.url).await;
    tab.until(SHOWN).await;
    drop(served);
    tab.until("document.querySelector('#connection').dataset.state === 'lost'").await;
    assert!(tab.text("#problems").await.contains("dray does not answer"));
    fake.change(|said| said.overview.stack.version = "9.9.9".to_owned());
    let listener = TcpListener::bind(address).unwrap();
    let _served = Served::with(&fake, listener, &token);
    tab.until("document.querySelector('#facts').innerText.includes('9.9.9')").await;
    assert_eq!(tab.text("#connection").await, "live");
    assert_eq!(tab.text("#problems").await, "");
}

/// What a checker of accessibility would find, as far as it can be told without one.
const AUDIT: &str = r"(() => {
  const named = (node) => (node.getAttribute('aria-label') || node.textContent || '').trim();
  const labelled = (node) => node.labels?.length || node.getAttribute('aria-label');
  const found = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  if (all('h1').length !== 1) found.push('h1');
  if (!document.documentElement.lang || !document.title) found.push('lang or title');
  for (const tag of ['header', 'main', 'footer']) if (all(`body > ${tag}`).length !== 1) found.push(tag);
  all('button').filter((node) => node.checkVisibility() && !named(node)).forEach(() => found.push('button without name'));
  all('input, select, textarea, progress').filter((node) => node.checkVisibility() && !labelled(node)).forEach((node) => found.push(`${node.id} without label`));
  all('svg').filter((node) => node.getAttribute('role') !== 'img' && node.getAttribute('aria-hidden') !== 'true').forEach(() => found.push('svg'));
  all('table').filter((node) => !node.querySelector('th[scope]')).forEach(() => found.push('table without headers'));
  all('section').filter((node) => !document.getElementById(node.getAttribute('aria-labelledby'))).forEach(() => found.push('section'));
  all('[tabindex]').filter((node) => node.tabIndex > 0).forEach(() => found.push('tabindex'));
  const ids = all('[id]').map((node) => node.id);
  ids.filter((id, index) => ids.indexOf(id) !== index).forEach((id) => found.push(`id ${id} twice`));
  let level = 1;
  for (const node of all('h1, h2, h3, h4').filter((node) => node.checkVisibility())) {
    const next = Number(node.tagName[1]);
    if (next > level + 1) found.push(`heading ${node.textContent}`);
    level = next;
  }
  const channel = (value) => { const part = value / 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const colours = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = colours(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  for (const node of all('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    if (!own || !node.checkVisibility() || node.closest('svg, :disabled, [aria-disabled=true], noscript, option')) continue;
    const style = getComputedStyle(node);
    const [x, y] = [luminance(colours(style.color)), luminance(behind(node))];
    const ratio = (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24;
    if (ratio < (isLarge ? 3 : 4.5)) found.push(`contrast ${ratio.toFixed(2)}: ${node.tagName} ${node.textContent.slice(0, 40)}`);
  }
  return found;
})()";

#[tokio::test]
async fn the_page_is_accessible_and_fits_in_light_and_dark() {
    let mut before = said();
    before.overview.current = vec![progress("backup-1", 250, Some(1_000)), waiting()];
    before.overview.ledger.dead_letters = 2;
    before.schedule.undelivered = 1;
    let page = open(before).await;
    let tab = &page.tab;
    tab.click("#count").await;
    tab.until("document.querySelectorAll('#accounts tbody tr').length === 3").await;
    let paper = "getComputedStyle(document.body).backgroundColor";
    let mut papers = Vec::new();
    for scheme in ["light", "dark"] {
        tab.prefer("prefers-color-scheme", scheme).await;
        papers.push(tab.value::<String>(paper).await);
        assert_eq!(tab.value::<Vec<String>>(AUDIT).await, Vec::<String>::new(), "{scheme}");
    }
    assert_ne!(papers[0], papers[1]);
    for width in [390, 320, 768, 1280] {
        tab.resize(width, 844).await;
        let overflow: i64 = tab.value("document.documentElement.scrollWidth - innerWidth").await;
        assert!(overflow <= 0, "{overflow} pixels too wide at {width}");
    }
    assert_eq!(tab.problems(), Vec::<String>::new());
}
