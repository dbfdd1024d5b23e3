//! Writes whose answer does not arrive: sent once, unknown, and settled by reading the rows.

use drayage_sim::salesforce::{CallFault, CallFaultKind, FaultPlan};

use super::site::*;

#[tokio::test]
async fn a_write_whose_answer_is_lost_is_sent_once_and_unknown_until_it_is_read() {
    for way in Way::ALL {
        for (kind, is_applied) in [
            (CallFaultKind::AppliedButDropped, true),
            (CallFaultKind::AppliedButGatewayTimeout, true),
            (CallFaultKind::ResetMidBody, true),
            (CallFaultKind::DroppedUnapplied, false),
        ] {
            let site = Site::new(2).await;
            let fault = CallFault::next(&[way.endpoint()], 1, kind);
            site.faults(FaultPlan { calls: vec![fault], ..FaultPlan::default() });
            let outcomes = site.read_and_write(way).await.unwrap();
            assert!(
                outcomes.len() == 2 && outcomes.iter().all(|row| is_unknown(&row.ending)),
                "{way:?} {kind:?}: {outcomes:?}"
            );
            assert_eq!(site.org.requests_of(way.endpoint()), 1, "{way:?} {kind:?}");
            let expected = |row| if is_applied { new(row) } else { old(row) };
            let read: Vec<Option<String>> =
                site.read().await.into_iter().map(|row| row.unwrap().value).collect();
            assert_eq!(read, [Some(expected(0)), Some(expected(1))], "{way:?} {kind:?}");
        }
    }
}
