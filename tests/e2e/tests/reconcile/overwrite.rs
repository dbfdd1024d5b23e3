//! What happens to objects that the destination has already.

use anyhow::Result;
use serde_json::json;

use crate::planted::count;
use crate::two_services::TwoServices;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_is_kept_replaced_or_copied_again_as_asked() -> Result<()> {
    let services = TwoServices::start().await?;
    for (key, source, destination) in [
        ("same", "same", Some("same")),
        ("other", "new", Some("old")),
        ("missing", "missing", None),
    ] {
        services.give(key, source).await?;
        if let Some(bytes) = destination {
            services.have(key, bytes).await?;
        }
    }
    let puts = |before: u64| services.requests("PutObject") - before;

    let before = puts(0);
    let kept = services.transfer(&json!({"overwrite": "never"})).await?;
    assert_eq!((kept.copied.objects, puts(before)), (1, 1), "{kept:#?}");
    assert_eq!((kept.clean, count(&kept, "content_differs.etag")), (false, 1), "{kept:#?}");
    assert_eq!(services.arrived("other").as_deref(), Some(&b"old"[..]));

    let before = puts(0);
    let replaced = services.transfer(&json!({"overwrite": "if-different"})).await?;
    assert_eq!((replaced.clean, replaced.copied.objects, puts(before)), (true, 1, 1));
    assert_eq!(services.arrived("other").as_deref(), Some(&b"new"[..]));

    let before = puts(0);
    let shown = services.transfer(&json!({"overwrite": "always", "dryRun": true})).await?;
    assert_eq!((shown.planned.objects, puts(before)), (3, 0), "{shown:#?}");
    let again = services.transfer(&json!({"overwrite": "always"})).await?;
    assert_eq!((again.clean, again.copied.objects, puts(before)), (true, 3, 3), "{again:#?}");
    assert_eq!(again.rounds, 2, "the second comparison looks at the destination: {again:#?}");
    Ok(())
}
