//! What a backup has left in the ledger is what the page shows.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, ensure};
use drayage_domain::outcome::Outcome;
use drayage_local::{LocalStack, check};
use serde_json::json;

use crate::browser::{Chromium, Tab};
use crate::dray::Dray;

/// A name that would run, if it became markup, and then leave something behind.
const HOSTILE: &str =
    "<img src=x onerror=\"window.hostile=1\"><script>window.hostile=1</script>'\u{202e}";
const SHOWN: &str =
    "document.querySelector('#totals [data-kind=backup]') && document.querySelector('#runs table')";

/// The outcomes that the page shows of the last backup.
async fn outcomes(tab: &Tab) -> BTreeMap<String, u64> {
    let rows = "Object.fromEntries([...document.querySelectorAll('[data-kind=backup] [data-outcome]')].map((row) => \
                [row.dataset.outcome, Number(row.querySelector('.count').textContent.replaceAll(',', ''))]))";
    tab.value(rows).await
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_accounts_and_review_list_are_those_of_the_ledger() -> Result<()> {
    let stack = LocalStack::builder().files(120).seed(31).start().await?;
    let dataset = stack.dataset().context("no data set")?;
    let used = dataset.entries.iter().find_map(|entry| entry.account).context("no account")?;
    stack.org()?.update("Account", &dataset.accounts[used].id, json!({"Name": HOSTILE}))?;
    let summary = stack.run_backup(&json!({})).await?;
    stack.assert_accounted(&summary)?;

    let dray = Dray::start(&stack).await?;
    let chromium = Chromium::start().await;
    let tab = chromium.open(&dray.url).await;
    tab.until(SHOWN).await;
    let counted = stack.ledger()?.counters(&summary.run_id).await?.outcomes;
    ensure!(outcomes(&tab).await == counted, "{counted:?}\n{}", tab.text("#totals").await);
    let needs: u64 = counted
        .iter()
        .filter(|(label, _)| Outcome::from_label(label).is_some_and(Outcome::needs_attention))
        .map(|(_, count)| count)
        .sum();
    ensure!(needs > 0, "the data set has files that fail");
    let headline = tab.text("h1").await;
    ensure!(headline.contains("Every file is accounted for"), "{headline}");
    ensure!(headline.contains(&format!("{needs} records need a person")), "{headline}");
    tab.until("document.querySelector('#attention tbody')").await;
    ensure!(
        tab.value::<u64>("document.querySelectorAll('#attention tbody tr').length").await
            == needs.min(100)
    );

    tab.click("#count").await;
    tab.until("document.querySelector('#accounts tbody')").await;
    let rows = check::rows(&stack).await?;
    let words = tab.text("#accounts-count").await;
    ensure!(words.contains(&format!(" {} files", rows.len())), "{words}: {} rows", rows.len());
    hostile_stays_text(&tab).await?;
    fits_and_is_dark_at_night(&tab).await?;
    ensure!(tab.problems().is_empty(), "{:#?}", tab.problems());
    Ok(())
}

async fn hostile_stays_text(tab: &Tab) -> Result<()> {
    let shown = "[...document.querySelectorAll('#accounts bdi')].some((name) => \
                 name.textContent.startsWith('<img src=x onerror=\"window.hostile=1\"><script>'))";
    tab.click("#accounts-text").await;
    tab.type_in("hostile").await;
    tab.until(shown).await;
    ensure!(tab.value::<bool>("window.hostile === undefined").await, "a name has run");
    ensure!(
        tab.value::<usize>("document.querySelectorAll('main img, main script').length").await == 0
    );
    Ok(())
}

async fn fits_and_is_dark_at_night(tab: &Tab) -> Result<()> {
    let paper = "getComputedStyle(document.body).backgroundColor";
    tab.prefer("prefers-color-scheme", "light").await;
    let day: String = tab.value(paper).await;
    tab.prefer("prefers-color-scheme", "dark").await;
    ensure!(day != tab.value::<String>(paper).await);
    tab.resize(390, 844).await;
    let overflow: i64 = tab.value("document.documentElement.scrollWidth - innerWidth").await;
    ensure!(overflow <= 0, "{overflow} pixels too wide");
    Ok(())
}
