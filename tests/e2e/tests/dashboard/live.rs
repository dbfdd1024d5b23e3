//! A page that is open sees what begins, goes on and ends.

use anyhow::{Context as _, Result, ensure};
use drayage_local::{LocalStack, StackParameters};

use crate::browser::Chromium;
use crate::dray::Dray;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_started_on_the_page_appears_and_ends_without_reloading() -> Result<()> {
    let parameters = StackParameters::default().with("PauseWaitSeconds", "1");
    let stack = LocalStack::builder().files(200).seed(32).parameters(parameters).start().await?;
    let mut dray = Dray::start(&stack).await?;
    let chromium = Chromium::start().await;
    let tab = chromium.open(&dray.url).await;
    tab.until("document.querySelector('h1').textContent === 'Nothing has been backed up yet'")
        .await;
    tab.value::<bool>("window.same = true").await;

    // By keyboard alone: past the skip link to the button, then into the dialog; Escape starts nothing.
    tab.press("Tab").await;
    tab.press("Tab").await;
    ensure!(tab.value::<String>("document.activeElement.dataset.do ?? ''").await == "start");
    tab.press("Enter").await;
    tab.until("document.querySelector('#dialog').open").await;
    tab.press("Escape").await;
    tab.until("!document.querySelector('#dialog').open").await;

    // The page looks every other second, and so small a run may be over by then: a paused one goes on until it was seen.
    tab.click("[data-do=pause]").await;
    tab.click("#dialog-go").await;
    tab.until("document.querySelector('[data-do=resume]')").await;
    tab.until("!document.querySelector('#dialog').open").await;
    tab.value::<bool>("document.querySelector('[data-do=start]').focus() ?? true").await;
    tab.press("Enter").await;
    tab.until("document.activeElement.id === 'start-what'").await;
    tab.press("ArrowDown").await;
    let chosen = "document.querySelector('#start-what').selectedOptions[0].textContent";
    tab.until(&format!("{chosen} === 'Back up everything'")).await;
    tab.click("#dialog-go").await;
    tab.until("document.querySelector('#current [data-run^=\"backup-\"] .phases')").await;
    let run_id: String =
        tab.value("document.querySelector('#current [data-run]').dataset.run").await;
    tab.until("!document.querySelector('#dialog').open").await;
    tab.click("[data-do=resume]").await;
    tab.click("#dialog-go").await;
    tab.until("document.querySelector('h1').textContent.startsWith('Every file is accounted for')")
        .await;
    tab.until(&format!("document.querySelector('#totals [data-run=\"{run_id}\"]')")).await;
    tab.until(&format!("document.querySelector('#runs [data-run=\"{run_id}\"]')")).await;
    ensure!(tab.value::<bool>("window.same").await, "the page was loaded again");

    let total = stack.ledger()?.counters(&run_id).await?.records();
    let shown = tab.text("[data-kind=backup] tfoot .count").await;
    ensure!(shown == total.to_string(), "{shown} shown, {total} counted");
    let run = stack.ledger()?.run(&run_id).await?.context("no such run")?;
    ensure!(run.ended_at.is_some());
    ensure!(tab.problems().is_empty(), "{:#?}", tab.problems());

    let status = dray.interrupt().await?;
    ensure!(status.success(), "{status}");
    tab.until("document.querySelector('#connection').dataset.state === 'lost'").await;
    Ok(())
}
