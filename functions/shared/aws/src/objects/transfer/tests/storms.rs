//! A service that refuses some requests: the others go on, and the number of files at a time follows.

use super::*;

async fn copy(transfer: &Transfer, from: &str, to: &str) -> Result<Copied, CopyError> {
    let (source, key) = (s3_location("src", &[from]), to);
    transfer.copy(&request(&source, key)).await
}

#[tokio::test]
async fn a_storm_lowers_the_limit_and_calm_raises_it() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    let limits = LimiterOptions {
        start: 4,
        min: 1,
        max: 4,
        successes_per_step: 2,
        decrease_interval: Duration::ZERO,
    };
    let limiter = Limiter::new(limits);
    let transfer = Transfer { limiter: Arc::clone(&limiter), ..transfer(&fake, true, "") };
    let mut seen = Vec::new();
    for operation in ["HEAD", "COPY", "HEAD"] {
        fake.fail(operation, 503, "SlowDown");
        let error = copy(&transfer, "a.pdf", "uploads/a.pdf").await.unwrap_err();
        assert!(error.slow_down && error.retryable(), "{error:?}");
        seen.push((error.class, limiter.limit()));
    }
    let (source, destination) = (FailureClass::Throttled, FailureClass::DestinationUnavailable);
    assert_eq!(seen, [(source, 2), (destination, 1), (source, 1)]);
    for expected in [1, 2, 2, 3, 3, 4, 4, 4] {
        copy(&transfer, "a.pdf", "uploads/a.pdf").await.unwrap();
        assert_eq!(limiter.limit(), expected);
    }
    assert_eq!(limiter.in_use(), 0);
}

#[tokio::test]
async fn a_prefix_that_is_denied_does_not_stop_the_others() {
    let fake = FakeS3::start(Reports::Full).await;
    for name in ["open/a.pdf", "closed/b.pdf", "open/c.pdf"] {
        fake.store(&format!("src/{name}"), Stored::new(b"bytes"));
    }
    let transfer = transfer(&fake, true, "");
    copy(&transfer, "open/a.pdf", "uploads/a.pdf").await.unwrap();
    fake.fail("HEAD", 403, "");
    fake.fail("HEAD", 403, "");
    let error = copy(&transfer, "closed/b.pdf", "uploads/b.pdf").await.unwrap_err();
    assert_eq!((error.class, error.retryable()), (FailureClass::AccessDenied, false));
    copy(&transfer, "open/c.pdf", "uploads/c.pdf").await.unwrap();
    assert!(fake.stored("dst/uploads/b.pdf").is_none());
    assert_eq!(transfer.limiter.limit(), 4, "a refusal is no reason to slow down");
}

#[tokio::test]
async fn a_version_that_vanishes_before_the_copy_is_gone() {
    let fake = FakeS3::start(Reports::Full).await;
    fake.store("src/a.pdf", Stored::new(b"bytes"));
    fake.fail("COPY", 404, "NoSuchVersion");
    let transfer = transfer(&fake, true, "");
    let error = copy(&transfer, "a.pdf", "uploads/a.pdf").await.unwrap_err();
    assert!(error.gone && !error.retryable(), "{error:?}");
    assert_eq!(fake.operations(), ["HEAD", "COPY"]);
}
