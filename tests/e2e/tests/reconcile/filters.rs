//! What a filter leaves out is neither copied, nor counted, nor deleted.

use anyhow::Result;
use serde_json::json;

use crate::planted::count;
use crate::two_services::TwoServices;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_is_not_touched_on_either_side() -> Result<()> {
    let services = TwoServices::start().await?;
    let big = vec![b'x'; 5_000];
    for (key, bytes) in [
        ("keep/a.pdf", &b"a"[..]),
        ("keep/b.txt", b"b"),
        ("tmp/c.pdf", b"c"),
        ("keep/big.pdf", &big),
        ("keep/empty.pdf", b""),
    ] {
        services.give(key, bytes).await?;
    }
    for key in ["keep/gone.pdf", "keep/gone.txt", "tmp/gone.pdf", "keep/big.pdf", "keep/empty.pdf"]
    {
        services.have(key, "from before").await?;
    }
    let filter = json!({
        "include": ["*.pdf"], "exclude": ["tmp/*"], "minSizeBytes": 1, "maxSizeBytes": 1_000
    });
    let input = json!({"filter": filter, "deleteExtra": true, "execute": true});
    let moved = services.transfer(&input).await?;
    assert!(moved.clean, "{moved:#?}");
    assert_eq!((moved.source.objects, moved.compared, moved.copied.objects), (1, 1, 1));
    assert_eq!(moved.outcomes.get("deleted"), Some(&1), "{moved:#?}");
    assert_eq!(services.arrived("keep/a.pdf").as_deref(), Some(&b"a"[..]));
    assert_eq!(services.arrived("keep/gone.pdf"), None);
    for key in ["keep/gone.txt", "tmp/gone.pdf", "keep/big.pdf", "keep/empty.pdf"] {
        assert_eq!(services.arrived(key).as_deref(), Some(&b"from before"[..]), "{key}");
    }
    for key in ["keep/b.txt", "tmp/c.pdf"] {
        assert_eq!(services.arrived(key), None, "{key}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_period_selects_by_the_time_of_the_source() -> Result<()> {
    let services = TwoServices::start().await?;
    services.give("a.pdf", "a").await?;
    for (filter, objects) in [
        (json!({"modifiedBefore": "2026-01-01T00:00:00Z"}), 0),
        (json!({"modifiedFrom": "2100-01-01T00:00:00Z"}), 0),
        (
            json!({"modifiedFrom": "2026-01-01T00:00:00Z", "modifiedBefore": "2100-01-01T00:00:00Z"}),
            1,
        ),
    ] {
        let moved = services.transfer(&json!({ "filter": filter })).await?;
        assert!(moved.clean, "{moved:#?}");
        assert_eq!((moved.source.objects, moved.copied.objects), (objects, objects), "{filter}");
        assert_eq!(count(&moved, "missing"), 0);
    }
    Ok(())
}
